// The plane at a place of the flow: the density, the grid of the noise, points, and the chosen point.
import { useEffect, useRef } from 'preact/hooks';
import { shownTheme } from '../../../theme.ts';
import { CELLS, EXTENT, LINE_POINTS, type Look } from '../../../work/plane/look.ts';
import type { Point } from './distributions.ts';

interface PlaneViewProps {
  /** The accessible name. */
  readonly label: string;
  readonly points: Float32Array;
  readonly look: Look | undefined;
  readonly chosen: Point | undefined;
  /** The square around the chosen point, as its two sides. */
  readonly square: readonly [Point, Point] | undefined;
  /** What to do in an empty plane. */
  readonly hint?: string;
  /** The pointer went down, or moved while down, at a point. */
  onPoint(point: Point, isFirst: boolean): void;
  onPointEnd(): void;
}

/** How far an arrow key moves the chosen point. */
const KEY_STEP = 0.1;

const arrows: Readonly<Record<string, Point>> = {
  ArrowUp: [0, KEY_STEP],
  ArrowDown: [0, -KEY_STEP],
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
};

/** The plane; dragging or arrow keys move the chosen point. */
export function PlaneView({
  label,
  points,
  look,
  chosen,
  square,
  hint,
  onPoint,
  onPointEnd,
}: PlaneViewProps) {
  const frame = useRef<HTMLDivElement>(null);
  const pointAt = ({ clientX, clientY }: PointerEvent): Point => {
    const box = frame.current!.getBoundingClientRect();
    return [
      within(((clientX - box.left) / box.width) * 2 * EXTENT - EXTENT),
      within(EXTENT - ((clientY - box.top) / box.height) * 2 * EXTENT),
    ];
  };
  return (
    <div
      ref={frame}
      class="plane-view"
      role="application"
      aria-roledescription="plane"
      aria-label={`${label}. Arrow keys move the chosen point.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the arrow keys.
      tabIndex={0}
      onKeyDown={(event) => {
        const by = arrows[event.key];
        if (by !== undefined) {
          event.preventDefault();
          const [x, y] = chosen ?? [0, 0];
          onPoint([within(x + by[0]), within(y + by[1])], true);
          onPointEnd();
        }
      }}
      onPointerDown={(event) => {
        frame.current!.setPointerCapture(event.pointerId);
        onPoint(pointAt(event), true);
      }}
      onPointerMove={(event) => {
        if (frame.current!.hasPointerCapture(event.pointerId)) {
          onPoint(pointAt(event), false);
        }
      }}
      onPointerUp={onPointEnd}
      onPointerCancel={onPointEnd}
    >
      <Density look={look} />
      <svg viewBox={`${-EXTENT} ${-EXTENT} ${2 * EXTENT} ${2 * EXTENT}`} role="img" aria-label={label}>
        {look && <path class="plane-lines" d={linesPath(look.lines)} />}
        <path class="plane-points" d={dotsPath(points)} />
        {chosen && square && <path class="plane-square" d={squarePath(chosen, square)} />}
        {chosen && <circle class="plane-chosen" cx={chosen[0]} cy={-chosen[1]} r={0.08} />}
      </svg>
      {hint !== undefined && (
        <p class="plane-hint" aria-hidden="true">
          {hint}
        </p>
      )}
    </div>
  );
}

/**
 * Shades cells by their density, relative to the densest hundredth of the cells. Between the layers it fades: there the
 * points move, but have no density of the flow.
 */
function Density({ look }: { look: Look | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const density = look?.density;
  const { place: layerPosition = 0 } = look ?? {};
  useEffect(
    () => shadeDensity(canvas.current!, density, getComputedStyle(canvas.current!).color),
    [density, shownTheme.value],
  );
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without a tab index takes no focus.
    <canvas
      ref={canvas}
      class="plane-density"
      style={{ opacity: 1 - 2 * Math.abs(layerPosition - Math.round(layerPosition)) }}
      width={CELLS}
      height={CELLS}
      aria-hidden="true"
    />
  );
}

/** Shades the cells of a canvas in a colour; clears it without a density. */
export function shadeDensity(
  canvas: HTMLCanvasElement,
  density: Float32Array | undefined,
  color: string,
): void {
  const context = canvas.getContext('2d')!;
  if (density === undefined) {
    context.clearRect(0, 0, CELLS, CELLS);
    return;
  }
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  const sorted = Float32Array.from(density).sort();
  const brightest = sorted[Math.floor(0.99 * (sorted.length - 1))]! || 1;
  const picture = context.createImageData(CELLS, CELLS);
  density.forEach((value, cell) => {
    const shade = Math.min(1, Math.sqrt(value / brightest));
    picture.data.set([red, green, blue, 255 * 0.85 * shade], 4 * cell);
  });
  context.putImageData(picture, 0, 0);
}

/** Lines of `LINE_POINTS` points each; those outside the picture are left out. */
export function linesPath(lines: Float32Array): string {
  const parts: string[] = [];
  let isDrawing = false;
  for (let index = 0; index < lines.length / 2; index++) {
    const [x, y] = [lines[2 * index]!, lines[2 * index + 1]!];
    const isNear = Math.max(Math.abs(x), Math.abs(y)) < 2 * EXTENT;
    isDrawing &&= isNear && index % LINE_POINTS !== 0;
    if (isNear) {
      parts.push(`${isDrawing ? 'L' : 'M'}${x.toFixed(3)} ${(-y).toFixed(3)}`);
    }
    isDrawing = isNear;
  }
  return parts.join('');
}

/** Dots: lines without length, with round ends. */
export function dotsPath(points: Float32Array): string {
  const parts: string[] = [];
  for (let index = 0; index < points.length; index += 2) {
    const [x, y] = [points[index]!, points[index + 1]!];
    if (Math.max(Math.abs(x), Math.abs(y)) < EXTENT) {
      parts.push(`M${x.toFixed(3)} ${(-y).toFixed(3)}h0`);
    }
  }
  return parts.join('');
}

/** The parallelogram around a point. */
export function squarePath([x, y]: Point, [[a, c], [b, d]]: readonly [Point, Point]): string {
  const corner = (s: number, t: number): string =>
    `${(x + s * a + t * b).toFixed(3)} ${(-(y + s * c + t * d)).toFixed(3)}`;
  return `M${corner(-0.5, -0.5)}L${corner(0.5, -0.5)}L${corner(0.5, 0.5)}L${corner(-0.5, 0.5)}Z`;
}

function within(value: number): number {
  return Math.min(EXTENT, Math.max(-EXTENT, value));
}
