// Images on their way between noise and pixels: a film to play and to scrub through.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Slider } from '../../parts/Slider.tsx';
import type { Images } from '../../work/models.ts';
import type { Passage } from '../../work/passageTasks.ts';

/** The time that undoing a stage takes, and how long the film rests before it turns back. */
const STAGE_MS = 100;
const REST_MS = 1200;

/** With reduced motion, stages follow each other without fading. */
const REDUCED_MS = 800;

/** The gap between the images, in their pixels. */
const GAP = 2;

interface FilmProps {
  /** Undefined until computed: the noise is shown meanwhile. */
  readonly passage: Passage | undefined;
  /** The noise, of which the first `drawn` images are there. */
  readonly noise?: Images;
  readonly drawn?: number;
  readonly columns: number;
  /** The images' name in texts: `digits`. */
  readonly name: string;
  /** The text of the button. */
  readonly label?: string;
  /** Where the film starts: it plays to the other end. */
  readonly from: 'noise' | 'image';
  /** The origin of the passage: only a new one restarts the film, not another temperature. */
  readonly origin: unknown;
}

/** The film, its button and its slider. */
export function Film({ passage, noise, drawn, columns, name, label = 'Play', from, origin }: FilmProps) {
  const last = passage === undefined ? 0 : passage.frames.length - 1;
  const { position, isPlaying, play, pause, seek } = usePlayback(passage, from, origin);
  const shown = stageName(position, last, name);
  return (
    <div class="film">
      <FilmPicture
        frames={passage?.frames ?? (noise ? [noise] : [])}
        position={position}
        columns={columns}
        drawn={drawn}
        label={`Between noise and ${name}: ${shown}`}
      />
      <div class="film-controls">
        <button
          type="button"
          class="button primary film-play"
          disabled={passage === undefined}
          onClick={isPlaying ? pause : play}
        >
          {isPlaying ? 'Pause' : label}
        </button>
        <Slider
          label={`From noise to ${name}`}
          value={position}
          most={Math.max(1, last)}
          step={0.05}
          shown={shown}
          onChange={seek}
        />
      </div>
    </div>
  );
}

/** A position in words. */
function stageName(position: number, last: number, name: string): string {
  const stage = Math.round(position);
  return stage === 0 ? 'noise' : stage === last ? name : `${stage} of ${last}`;
}

/** Where a film goes next, and the time of its rest before. */
interface Leg {
  readonly to: number;
  readonly rest: number;
}

/** The position in a film, which starts by itself; `play` plays to one end and back. */
function usePlayback(passage: Passage | undefined, from: 'noise' | 'image', origin: unknown) {
  const last = passage === undefined ? 0 : passage.frames.length - 1;
  const [position, setPosition] = useState(0);
  const [legs, setLegs] = useState<readonly Leg[]>([]);
  const isReduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const started = useRef<unknown>(undefined);
  useLayoutEffect(() => {
    if (passage === undefined || started.current === origin) {
      return;
    }
    started.current = origin;
    const [start, end] = from === 'noise' ? [0, last] : [last, 0];
    setPosition(isReduced ? last : start);
    const back = from === 'noise' ? [] : [{ to: start, rest: REST_MS }];
    setLegs(isReduced ? [] : [{ to: end, rest: from === 'noise' ? 0 : REST_MS / 2 }, ...back]);
  }, [passage]);
  useEffect(() => {
    const [leg, ...others] = legs;
    if (leg === undefined) {
      return undefined;
    }
    let frame: number;
    let current = position;
    let before: number | undefined;
    let rest = leg.rest;
    const stageMs = isReduced ? REDUCED_MS : STAGE_MS;
    const step = (now: number): void => {
      // After a while in the background, it goes on where it was.
      const elapsed = Math.min(100, now - (before ?? now));
      before = now;
      rest -= elapsed;
      if (rest <= 0) {
        const way = elapsed / stageMs;
        current += Math.sign(leg.to - current) * Math.min(way, Math.abs(leg.to - current));
        setPosition(isReduced ? Math.round(current) : current);
        if (current === leg.to) {
          setLegs(others);
          return;
        }
      }
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [legs]);
  return {
    position,
    isPlaying: legs.length > 0,
    play() {
      const turn = position < last / 2 ? last : 0;
      setLegs([
        { to: turn, rest: 0 },
        { to: last - turn, rest: REST_MS },
      ]);
    },
    pause: () => setLegs([]),
    seek(value: number) {
      setLegs([]);
      setPosition(value);
    },
  };
}

interface FilmPictureProps {
  readonly frames: readonly Images[];
  readonly position: number;
  readonly columns: number;
  /** The number of images to show; by default all. */
  readonly drawn: number | undefined;
  readonly label: string;
}

/** The images at a position; between two frames one fades into the other. */
function FilmPicture({ frames, position, columns, drawn, label }: FilmPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const sheets = useMemo(() => frames.map((frame) => drawSheet(frame, columns)), [frames, columns]);
  const { width = 28, height = 28 } = sheets[0] ?? {};
  useLayoutEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const below = Math.min(Math.floor(position), sheets.length - 1);
    context.globalAlpha = 1;
    context.clearRect(0, 0, width, height);
    for (const [index, alpha] of [
      [below, 1],
      [below + 1, position - below],
    ] as const) {
      const sheet = sheets[index];
      if (sheet && alpha > 0) {
        context.globalAlpha = alpha;
        context.drawImage(sheet, 0, 0);
      }
    }
    if (drawn !== undefined && frames.length === 1) {
      const [side] = frames[0]!.shape;
      for (let index = drawn; index < frames[0]!.pixels.length / side ** 2; index++) {
        context.clearRect(...tileCorner(index, side, columns), side, side);
      }
    }
  }, [sheets, position, drawn]);
  return (
    <canvas ref={canvas} class="film-picture" width={width} height={height} role="img" aria-label={label} />
  );
}

function tileCorner(index: number, side: number, columns: number): [x: number, y: number] {
  return [(index % columns) * (side + GAP), Math.floor(index / columns) * (side + GAP)];
}

/** Draws grey images side by side. */
function drawSheet({ pixels, shape }: Images, columns: number): HTMLCanvasElement {
  const [height, width] = shape;
  const count = pixels.length / (height * width);
  const sheet = document.createElement('canvas');
  sheet.width = Math.min(columns, count) * (width + GAP) - GAP;
  sheet.height = Math.ceil(count / columns) * (height + GAP) - GAP;
  const context = sheet.getContext('2d')!;
  for (let index = 0; index < count; index++) {
    const tile = context.createImageData(width, height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      const level = pixels[index * width * height + pixel]!;
      tile.data.set([level, level, level, 255], 4 * pixel);
    }
    context.putImageData(tile, ...tileCorner(index, height, columns));
  }
  return sheet;
}
