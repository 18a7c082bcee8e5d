// Interpolation between two images along a straight line in latent space.
import { useEffect, useState } from 'preact/hooks';
import { changeSettings } from '../../address.ts';
import { plural } from '../../numbers.ts';
import { savePng } from '../../parts/download.ts';
import { outdated } from '../../parts/outdated.ts';
import { countImages, Picture, selectImage } from '../../parts/Picture.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/connections.ts';
import type { Images, ModelAddress } from '../../work/models.ts';
import { isShown, useWork } from '../../work/useWork.ts';
import { STEPS } from './drawSettings.ts';
import { type Ends, endNames } from './useEnds.ts';

/** Images in the strip: every fourth. */
const STRIP = 9;
/** Playback time from one end to the other. */
const SECONDS = 2.5;

interface InterpolationProps {
  readonly ends: Ends;
  /** The step in the address. */
  readonly step: number;
  readonly model: ModelAddress | undefined;
  /** Chooses a random pair; undefined without images. */
  readonly onRandom: (() => void) | undefined;
  /** The file's name without its extension. */
  readonly saveAs: string;
}

/** The room's section for interpolation. */
export function Interpolation({ ends, step, model, onRandom, saveAs }: InterpolationProps) {
  const [from, to] = ends.chosen;
  const interpolating = useWork(
    model &&
      from &&
      to &&
      ((waiting) => {
        const pixels = [from.image.pixels.slice(), to.image.pixels.slice()] as const;
        return compute('interpolate', { model, ends: pixels, steps: STEPS }, waiting);
      }),
    [from?.key, to?.key],
  );
  return (
    <section class="interpolation" aria-labelledby="interpolation-title">
      <h2 id="interpolation-title">Interpolate</h2>
      {interpolating.result === undefined && (
        <p class="quiet">Choose two images to interpolate between in latent space.</p>
      )}
      <div class="interpolation-ends">
        <EndButton which={0} ends={ends} ready={onRandom !== undefined} />
        <EndButton which={1} ends={ends} ready={onRandom !== undefined} />
        <button type="button" class="button" disabled={onRandom === undefined} onClick={onRandom}>
          Random
        </button>
      </div>
      {interpolating.result?.class !== undefined && (
        <p class="quiet" data-testid="interpolation-class">
          Class {interpolating.result.class}, the most probable for A.
        </p>
      )}
      {interpolating.result && interpolating.result.overflowed > 0 && (
        <p class="quiet">
          {plural(interpolating.result.overflowed, 'step')} overflowed (black): choose other images, or images
          of a lower temperature.
        </p>
      )}
      {interpolating.result && (
        <div {...outdated(interpolating.isOutdated)}>
          <Frames frames={interpolating.result} step={step} saveAs={saveAs} />
        </div>
      )}
      {[ends.work, interpolating].map((work, index) => isShown(work) && <Working key={index} work={work} />)}
    </section>
  );
}

/** One end, and a button to choose another image for it. */
function EndButton({ which: endIndex, ends, ready }: { which: 0 | 1; ends: Ends; ready: boolean }) {
  const end = ends.chosen[endIndex];
  const wanted = ends.wanted === endIndex;
  return (
    <button
      type="button"
      class="interpolation-end"
      aria-pressed={wanted}
      aria-label={`Choose image ${endNames[endIndex]}`}
      disabled={!ready}
      onClick={() => ends.want(wanted ? undefined : endIndex)}
    >
      {end ? <Picture image={end.image} /> : <span class="interpolation-empty" />}
      <span aria-hidden="true">{endNames[endIndex]}</span>
    </button>
  );
}

/** One of the images, a slider, and a strip of all. */
function Frames({ frames, step, saveAs }: { frames: Images; step: number; saveAs: string }) {
  const last = countImages(frames) - 1;
  const [position, setPosition] = useState(step);
  const [playing, setPlaying] = useState(false);
  useEffect(() => setPosition(step), [step]);
  useEffect(() => {
    if (!playing) {
      return undefined;
    }
    // Plays back and forth from the current position.
    let begin: number | undefined;
    let next = requestAnimationFrame(function step(now) {
      begin ??= now - (position / last) * SECONDS * 1000;
      const turn = ((now - begin) / 1000 / SECONDS) % 2;
      setPosition(Math.round(last * (turn < 1 ? turn : 2 - turn)));
      next = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(next);
    // Playback starts at `position`, but must not restart when it changes.
  }, [playing, last]);
  const every = last / (STRIP - 1);
  const strip = Array.from({ length: STRIP }, (_, index) => selectImage(frames, index * every));
  const save = (): Promise<void> => {
    const pixels = new Uint8Array(strip.flatMap((frame) => [...frame.pixels]));
    return savePng({ pixels, shape: frames.shape }, saveAs, { columns: STRIP });
  };
  return (
    <div class="interpolation-frames">
      <div class="interpolation-stage">
        <Picture image={selectImage(frames, position)} label={`Step ${position} of ${last} from A to B`} />
      </div>
      <Slider
        label="From A to B"
        value={position}
        most={last}
        shown={`${Math.round((100 * position) / last)} %`}
        onChange={(value) => {
          setPlaying(false);
          setPosition(value);
          changeSettings({ step: String(value) });
        }}
      />
      <div class="interpolation-strip" aria-hidden="true">
        {strip.map((image, index) => (
          // A place keeps its key when its image changes.
          <Picture key={index} image={image} />
        ))}
      </div>
      <div class="buttons">
        <button type="button" class="button" onClick={() => setPlaying(!playing)}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <button type="button" class="button" onClick={save}>
          Save strip
        </button>
      </div>
    </div>
  );
}
