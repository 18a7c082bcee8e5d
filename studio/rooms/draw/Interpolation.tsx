// A walk between two images: along a straight line in latent space, where every point is an image.
import { useEffect, useState } from 'preact/hooks';
import { countOf, imageOf, Picture } from '../../parts/Picture.tsx';
import { Slider } from '../../parts/Slider.tsx';
import { savePng } from '../../parts/savePng.ts';
import { Working } from '../../parts/Working.tsx';
import { compute } from '../../work/compute.ts';
import type { ModelAddress } from '../../work/models.ts';
import type { Images } from '../../work/tasks.ts';
import { useWork } from '../../work/useWork.ts';
import { type Ends, endNames } from './useEnds.ts';

/** The images of a walk, ends included: enough for a smooth one. */
const STEPS = 33;
/** The images of its film: every fourth. */
const FILM = 9;
/** From one end to the other when it is played. */
const SECONDS = 2.5;

interface WalkProps {
  readonly ends: Ends;
  readonly model: ModelAddress | undefined;
  /** Takes any two images; undefined if there are none. */
  readonly onAny: (() => void) | undefined;
  /** The name of the file, without its ending. */
  readonly saveAs: string;
}

/** The part of the room about walks. */
export function Walk({ ends, model, onAny, saveAs }: WalkProps) {
  const [from, to] = ends.chosen;
  const walking = useWork(
    model &&
      from &&
      to &&
      ((waiting) => {
        const pixels = [from.image.pixels.slice(), to.image.pixels.slice()] as const;
        return compute('walk', { model, ends: pixels, steps: STEPS }, waiting);
      }),
    [from, to],
  );
  return (
    <section class="walk" aria-labelledby="walk-title">
      <h2 id="walk-title">Walk between two</h2>
      {walking.result === undefined && (
        <p class="quiet">Choose two images: every point on the way between them is an image, too.</p>
      )}
      <div class="walk-ends">
        <EndButton which={0} ends={ends} ready={onAny !== undefined} />
        <EndButton which={1} ends={ends} ready={onAny !== undefined} />
        <button type="button" class="button" disabled={onAny === undefined} onClick={onAny}>
          Any two
        </button>
      </div>
      {walking.result?.class !== undefined && (
        <p class="quiet" data-testid="walk-class">
          All of it is under the class {walking.result.class}, the most probable one of A.
        </p>
      )}
      {walking.result && <Way frames={walking.result} saveAs={saveAs} />}
      {(walking.progress ?? walking.problem) !== undefined && <Working work={walking} />}
    </section>
  );
}

/** An end of the walk, and the way to choose another. */
function EndButton({ which, ends, ready }: { which: 0 | 1; ends: Ends; ready: boolean }) {
  const end = ends.chosen[which];
  const wanted = ends.wanted === which;
  return (
    <button
      type="button"
      class="walk-end"
      aria-pressed={wanted}
      aria-label={`Choose image ${endNames[which]}`}
      disabled={!ready}
      onClick={() => ends.want(wanted ? undefined : which)}
    >
      {end ? <Picture image={end.image} /> : <span class="walk-empty" />}
      <span aria-hidden="true">{endNames[which]}</span>
    </button>
  );
}

/** The way itself: one of its images, a slider, and a film of all of it. */
function Way({ frames, saveAs }: { frames: Images; saveAs: string }) {
  const last = countOf(frames) - 1;
  const [position, setPosition] = useState(Math.round(last / 2));
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) {
      return undefined;
    }
    // It begins where it stands, and walks to and fro.
    let begin: number | undefined;
    let next = requestAnimationFrame(function step(now) {
      begin ??= now - (position / last) * SECONDS * 1000;
      const way = ((now - begin) / 1000 / SECONDS) % 2;
      setPosition(Math.round(last * (way < 1 ? way : 2 - way)));
      next = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(next);
    // The position is only where it begins.
  }, [playing, last]);
  const every = last / (FILM - 1);
  const film = Array.from({ length: FILM }, (_, index) => imageOf(frames, index * every));
  const save = (): Promise<void> => {
    const pixels = new Uint8Array(film.flatMap((one) => [...one.pixels]));
    return savePng({ pixels, shape: frames.shape }, saveAs, FILM);
  };
  return (
    <div class="walk-way">
      <div class="walk-stage">
        <Picture
          image={imageOf(frames, position)}
          label={`The image ${position} of ${last} steps from A to B`}
        />
      </div>
      <Slider
        label="From A to B"
        value={position}
        least={0}
        most={last}
        step={1}
        shown={`${Math.round((100 * position) / last)} %`}
        onChange={(value) => {
          setPlaying(false);
          setPosition(value);
        }}
      />
      <div class="walk-film" aria-hidden="true">
        {film.map((image, index) => (
          // A place in the film stays one when its image changes.
          <Picture key={index} image={image} />
        ))}
      </div>
      <div class="buttons">
        <button type="button" class="button" onClick={() => setPlaying(!playing)}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <button type="button" class="button" onClick={save}>
          Save walk
        </button>
      </div>
    </div>
  );
}
