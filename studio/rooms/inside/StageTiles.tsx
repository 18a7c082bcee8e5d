// A tile for every stage, by level: its name, and a picture with its own contrast.
import { Lit } from '../../parts/Lit.tsx';
import { Picture } from '../../parts/Picture.tsx';
import type { Reach, StagePicture } from '../../work/insideTasks.ts';
import type { Images } from '../../work/models.ts';
import { rangeWords, stageWords } from './words.ts';
import '../../parts/large.css';

interface StageTilesProps {
  readonly image: Images;
  readonly stages: readonly StagePicture[];
  /** What a touched pixel or latent changes. */
  readonly reach: Reach | undefined;
  /** The chosen one; 0 is the image. */
  readonly at: number;
  onChoose(index: number): void;
}

/** The tiles of all levels. */
export function StageTiles({ image, stages, reach, at: shownIndex, onChoose }: StageTilesProps) {
  const levels = [...new Set(stages.map(({ level }) => level))];
  return (
    <>
      {levels.map((level) => (
        <section key={level} class="stages-level" aria-labelledby={`stages-${level}`}>
          <h3 id={`stages-${level}`}>Level {level + 1}</h3>
          <ol class="stages-tiles framed">
            {level === 0 && (
              <Tile
                kind="image"
                short="Image"
                range={undefined}
                picture={image}
                lit={reach?.pixels}
                isChosen={shownIndex === 0}
                onChoose={() => onChoose(0)}
              />
            )}
            {stages.map(
              (stage, index) =>
                stage.level === level && (
                  <Tile
                    key={stage.path}
                    kind={stage.kind}
                    short={stageWords(stage).short}
                    level={level}
                    range={stage.range}
                    picture={stage.picture}
                    lit={reach && brightness(reach.stages[index]!.picture)}
                    isChosen={shownIndex === index + 1}
                    onChoose={() => onChoose(index + 1)}
                  />
                ),
            )}
          </ol>
        </section>
      ))}
    </>
  );
}

interface TileProps {
  readonly kind: StagePicture['kind'] | 'image';
  readonly short: string;
  /** Its level, for those who don't see the heading. */
  readonly level?: number;
  readonly range: readonly [number, number] | undefined;
  readonly picture: Images;
  readonly lit: ArrayLike<number> | undefined;
  readonly isChosen: boolean;
  onChoose(): void;
}

function Tile({ kind, short, level, range, picture, lit, isChosen, onChoose }: TileProps) {
  return (
    <li class={`stages-${kind}`}>
      <button type="button" class="picture-button" aria-pressed={isChosen} onClick={onChoose}>
        <span class="stages-picture">
          <Picture image={picture} />
          {lit && <Lit height={picture.shape[0]} width={picture.shape[1]} strengths={lit} />}
        </span>
        <strong>
          {short}
          {level !== undefined && <span class="announced"> of level {level + 1}</span>}
        </strong>
        {range && <span class="quiet">{rangeWords(range)}</span>}
      </button>
    </li>
  );
}

/** How far the pixels of a picture are above the middle grey, from 0 to 1; of colours the brightest. */
function brightness({ pixels, shape: [height, width, channels] }: Images): Float32Array {
  return Float32Array.from({ length: height * width }, (_, pixel) =>
    Math.max(0, (Math.max(...pixels.subarray(pixel * channels, (pixel + 1) * channels)) - 128) / 127),
  );
}
