// The stages of the flow for an image: to scrub through in both directions, each with its values, bits and arithmetic.
import type { ImageShape } from 'emerging-flows';
import { useRef, useState } from 'preact/hooks';
import { decimal } from '../../numbers.ts';
import { HeatGrid } from '../../parts/HeatGrid.tsx';
import { HeatScale } from '../../parts/HeatScale.tsx';
import { placeName } from '../../parts/heatPlaces.ts';
import { PlayButton } from '../../parts/PlayButton.tsx';
import { Plot } from '../../parts/plot/Plot.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { usePlayback } from '../../parts/usePlayback.ts';
import type { CodedImage, Reach, StagePicture } from '../../work/insideTasks.ts';
import type { Images } from '../../work/models.ts';
import { Arithmetic } from './Arithmetic.tsx';
import { StageTiles } from './StageTiles.tsx';
import { cumulativeSums, runningWords, stageWords } from './words.ts';
import './stages.css';

interface StagesProps {
  readonly image: Images;
  readonly coded: CodedImage;
  readonly stages: readonly StagePicture[];
  /** The bits before the first stage, then those that each stage adds; undefined until measured. */
  readonly bits: readonly number[] | undefined;
  /** What a touched pixel or latent changes. */
  readonly reach: Reach | undefined;
}

/** Playback. */
const STAGE_MS = 700;

/** The scrubber, the stage it is at, and a tile for each. */
export function Stages({ image, coded, stages, bits, reach }: StagesProps) {
  const [shownIndex, setShownIndex] = useState(0);
  /** Of playback: 1 towards the noise, −1 towards the image. */
  const [direction, setDirection] = useState<-1 | 1>(1);
  const [chosen, setChosen] = useState<number>();
  const panel = useRef<HTMLDivElement>(null);
  const last = stages.length;
  const count = image.pixels.length;
  const shown = shownAt(image, stages, shownIndex);
  const next = shownIndex + direction;
  const isLast = next < 0 || next > last;
  const [playing, setPlaying] = usePlayback(false, isLast ? undefined : next, STAGE_MS, setShownIndex);
  const [height, width, channels] = shown.shape;
  // In the middle, and in the last channel, which couplings change.
  const middle = (Math.floor(height / 2) * width + Math.floor(width / 2) + 1) * channels - 1;
  const selected = Math.min(chosen ?? middle, shown.values.length - 1);
  const player = (label: string, towards: -1 | 1, end: number) => (
    <PlayButton
      label={label}
      playing={playing && direction === towards}
      atEnd={shownIndex === end}
      onRestart={() => setShownIndex(last - end)}
      onChange={(isPlaying) => {
        setDirection(towards);
        setPlaying(isPlaying);
      }}
    />
  );
  return (
    <div class="stages">
      <div class="stages-panel panel" ref={panel}>
        <div class="stages-controls">
          <Slider
            label="Stage"
            value={shownIndex}
            most={last}
            shown={shown.name}
            ends={['image', 'noise']}
            onChange={(value) => {
              setPlaying(false);
              setShownIndex(value);
            }}
          />
          <div class="buttons">
            {player('To the image', -1, 0)}
            {player('To the noise', 1, last)}
          </div>
          {bits && <p data-testid="running-bits">{runningWords(bits, count, shownIndex)}</p>}
        </div>
        <div class="stages-values">
          <div class="stages-frame">
            <HeatGrid
              label={`Values after ${shown.name}: ${height} × ${width} pixels, ${channels === 1 ? '1 channel' : `${channels} channels`}`}
              values={shown.values}
              shape={shown.shape}
              range={shown.range}
              selected={selected}
              lit={shownIndex === 0 ? reach?.pixels : reach?.stages[shownIndex - 1]?.changes}
              onSelect={setChosen}
            />
          </div>
          <HeatScale range={shown.range} unit="value" digits={2} />
        </div>
        {bits && (
          <div class="stages-bits">
            <RunningBits bits={bits} count={count} at={shownIndex} />
          </div>
        )}
        <div class="stages-words" aria-live={playing ? 'off' : 'polite'}>
          <h3>{shown.name}</h3>
          <p class="quiet">{shown.meaning}</p>
          <h4>At {placeName(selected, shown.shape)}</h4>
          {shownIndex === 0 ? (
            <p class="quiet">
              The pixel is {greyLevel(shown.values[selected]!)} of 256 grey levels, counted from 0; as a
              number between −½ and ½, it is {decimal(shown.values[selected]!, 3)}.
            </p>
          ) : (
            <Arithmetic
              coded={coded}
              stage={shownIndex - 1}
              index={selected}
              shape={shown.shape}
              isMoving={playing}
            />
          )}
        </div>
      </div>
      <StageTiles
        image={image}
        stages={stages}
        reach={reach}
        at={shownIndex}
        onChoose={(stage) => {
          setPlaying(false);
          setShownIndex(stage);
          if (panel.current!.getBoundingClientRect().top < 0) {
            panel.current!.scrollIntoView();
          }
        }}
      />
    </div>
  );
}

interface Shown {
  readonly name: string;
  readonly meaning: string;
  readonly values: ArrayLike<number> & Iterable<number> & (Float32Array | Float64Array);
  readonly shape: ImageShape;
  readonly range: readonly [number, number];
}

/** The values at a place of the scrubber: the image, or what a stage makes of it. */
function shownAt(image: Images, stages: readonly StagePicture[], index: number): Shown {
  const stage = stages[index - 1];
  if (!stage) {
    const values = Float32Array.from(image.pixels, (level) => (level + 0.5) / 256 - 0.5);
    const meaning = 'The image itself. Its pixels become numbers in the middle of their grey levels.';
    return { name: 'Image', meaning, values, shape: image.shape, range: [-0.5, 0.5] };
  }
  const [, ...shape] = stage.values.shape as [number, number, number, number];
  const { name, meaning } = stageWords(stage);
  return { name, meaning, values: stage.values.data, shape, range: stage.range };
}

/** The grey level of a value of the image. */
function greyLevel(value: number): string {
  return String(Math.floor((value + 0.5) * 256));
}

interface RunningBitsProps {
  /** The bits before the first stage, then those that each stage adds. */
  readonly bits: readonly number[];
  /** The number of values of the image. */
  readonly count: number;
  /** How many stages have been passed. */
  readonly at: number;
}

/** All sums, per value of the image, with the one at the scrubber marked. */
function RunningBits({ bits, count, at: shownIndex }: RunningBitsProps) {
  const points = cumulativeSums(bits).map((sum, x) => ({ x, y: sum / count }));
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  return (
    <Plot
      label="Bits per value after each stage"
      plot={{
        x: { label: 'stages passed', range: [0, Math.max(1, bits.length - 1)] },
        y: { label: 'bits per value', range: [Math.min(0, ...values), 1.05 * Math.max(...values)] },
        series: [{ name: 'bits per value', kind: 'line and points', points }],
      }}
      marks={[]}
      at={shownIndex}
    />
  );
}
