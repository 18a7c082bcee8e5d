// The pixels of a small image as selectable squares.
import { Fragment } from 'preact';

/** A pixel's look: a class of how.css. */
export interface PixelLook {
  readonly class?: string;
  readonly opacity?: number;
  /** For classes that are coloured by it. */
  readonly hue?: number;
  /** A short text inside. */
  readonly text?: string;
  readonly textClass?: string;
}

interface PixelGridProps {
  readonly height: number;
  readonly width: number;
  /** The accessible name. */
  readonly label: string;
  look(pixel: number): PixelLook;
  readonly selected?: number;
  onSelect?(pixel: number): void;
  /** A press of the pointer or the space bar, or a movement of the pressed pointer, reached a pixel. */
  onPaint?(pixel: number, isFirst: boolean): void;
}

/** A grid of pixels, numbered row by row. */
export function PixelGrid({ height, width, label, look, selected, onSelect, onPaint }: PixelGridProps) {
  const drawing = (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {Array.from({ length: height * width }, (_, pixel) => {
        const { class: name = '', opacity = '', hue = '', text, textClass = '' } = look(pixel);
        const [row, column] = [Math.floor(pixel / width), pixel % width];
        return (
          // A place keeps its key when its look changes.
          <Fragment key={pixel}>
            <rect
              x={column + 0.04}
              y={row + 0.04}
              width={0.92}
              height={0.92}
              class={name}
              style={{ fillOpacity: opacity, '--hue': hue }}
            />
            {text !== undefined && (
              <text x={column + 0.5} y={row + 0.63} class={textClass}>
                {text}
              </text>
            )}
          </Fragment>
        );
      })}
      {selected !== undefined && (
        <rect
          class="how-selected"
          x={selected % width}
          y={Math.floor(selected / width)}
          width={1}
          height={1}
        />
      )}
    </svg>
  );
  if (!onSelect) {
    return <div class="how-grid">{drawing}</div>;
  }
  return (
    <div
      class={onPaint ? 'how-grid how-paint' : 'how-grid'}
      role="application"
      aria-roledescription="pixels"
      aria-label={`${label}. Arrow keys select a pixel${onPaint ? ', and the space bar changes it' : ''}.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the arrow keys.
      tabIndex={0}
      onKeyDown={(event) => {
        const moved = movedBy(event.key, selected ?? 0, height, width);
        if (moved !== undefined) {
          event.preventDefault();
          onSelect(moved);
        } else if (onPaint && event.key === ' ') {
          event.preventDefault();
          onPaint(selected ?? 0, true);
        }
      }}
      onPointerMove={(event) => {
        const pixel = pixelAt(event, height, width);
        if (onPaint ? event.buttons !== 0 : event.pointerType === 'mouse') {
          onSelect(pixel);
          onPaint?.(pixel, false);
        }
      }}
      onPointerDown={(event) => {
        const pixel = pixelAt(event, height, width);
        onSelect(pixel);
        onPaint?.(pixel, true);
      }}
    >
      {drawing}
    </div>
  );
}

/** The next pixel in an arrow key's direction; undefined for other keys. */
function movedBy(key: string, pixel: number, height: number, width: number): number | undefined {
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const step = steps[key];
  if (step === undefined) {
    return undefined;
  }
  const row = within(Math.floor(pixel / width) + step[0], height);
  return row * width + within((pixel % width) + step[1], width);
}

function pixelAt({ clientX, clientY, currentTarget }: PointerEvent, height: number, width: number): number {
  const box = (currentTarget as Element).querySelector('svg')!.getBoundingClientRect();
  const row = within(Math.floor(((clientY - box.top) / box.height) * height), height);
  return row * width + within(Math.floor(((clientX - box.left) / box.width) * width), width);
}

function within(position: number, length: number): number {
  return Math.min(length - 1, Math.max(0, position));
}
