// A heat map with a selectable value.
import type { ImageShape, NdArray } from 'emerging-flows';
import { type HeatRange, heatMap } from 'emerging-flows/pictures';
import { useId, useMemo } from 'preact/hooks';
import type { Images } from '../work/models.ts';
import { locateCell, placeName, tileLayout, valueAt, valueBeside } from './heatPlaces.ts';
import { Lit } from './Lit.tsx';
import { Picture } from './Picture.tsx';
import './heat-grid.css';

interface HeatGridProps {
  readonly label: string;
  readonly values: NdArray['data'];
  /** Height, width and channels. */
  readonly shape: ImageShape;
  readonly range: HeatRange;
  /** A picture of one value per pixel to show instead of the heat map, and its accessible name. */
  readonly picture?: { readonly image: Images; readonly label: string };
  readonly selected: number | undefined;
  /** How strongly each value shines, from 0 to 1. */
  readonly lit?: ArrayLike<number> | undefined;
  /** Whether hovering selects. */
  readonly hover?: boolean;
  /** A description of the selected value; by default its place. */
  readonly words?: string;
  onSelect(index: number): void;
  /** The pointer is on a value; undefined when it has left. */
  onPoint?(index: number | undefined): void;
}

/** The grey level of gaps: the stage's, in both themes. */
const GAP = 20;

/** A heat map whose values are selected with the pointer or the arrow keys. */
export function HeatGrid({
  label,
  values,
  shape,
  range,
  picture: given,
  selected,
  lit,
  hover = false,
  words,
  onSelect,
  onPoint,
}: HeatGridProps) {
  const id = useId();
  const { width, height } = tileLayout(shape);
  const heat = useMemo(() => {
    if (given) {
      return given.image;
    }
    const colours = heatMap(values, range);
    const pixels = new Uint8Array(3 * width * height).fill(GAP);
    for (let index = 0; index < values.length; index++) {
      const { row, column } = locateCell(index, shape);
      pixels.set(colours.subarray(3 * index, 3 * index + 3), 3 * (row * width + column));
    }
    return { pixels, shape: [height, width, 3] as const };
  }, [values, range, shape, given?.image]);
  const strengths = useMemo(() => {
    const cells = new Float32Array(width * height);
    for (let index = 0; index < (lit?.length ?? 0); index++) {
      const { row, column } = locateCell(index, shape);
      cells[row * width + column] = lit![index]!;
    }
    return cells;
  }, [lit, shape]);
  const pointed = (event: PointerEvent): number | undefined => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const cell = {
      row: Math.floor(((event.clientY - box.top) / box.height) * height),
      column: Math.floor(((event.clientX - box.left) / box.width) * width),
    };
    return valueAt(cell, shape);
  };
  const select = (event: PointerEvent): void => {
    const index = pointed(event);
    if (index !== undefined) {
      onSelect(index);
    }
  };
  const chosen = selected === undefined ? undefined : locateCell(selected, shape);
  return (
    <div
      class="heat-grid"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the arrow keys
      tabIndex={0}
      aria-label={label}
      aria-describedby={id}
      style={{ aspectRatio: `${width} / ${height}` }}
      onPointerDown={select}
      onPointerMove={(event) => {
        if (hover || event.buttons === 1) {
          select(event);
        } else if (onPoint) {
          onPoint(pointed(event));
        }
      }}
      // A finger leaves when it is lifted: what it touched stays.
      onPointerLeave={({ pointerType }) => pointerType === 'mouse' && onPoint?.(undefined)}
      onBlur={() => onPoint?.(undefined)}
      onKeyDown={(event) => {
        const index = valueBeside(selected ?? 0, event.key, shape);
        if (index !== undefined) {
          event.preventDefault();
          onSelect(index);
        }
      }}
    >
      <Picture image={heat} {...(given && { label: given.label })} />
      {lit && <Lit height={height} width={width} strengths={strengths} />}
      {chosen && (
        <span
          class="heat-cell"
          style={{
            left: `${(100 * chosen.column) / width}%`,
            top: `${(100 * chosen.row) / height}%`,
            width: `${100 / width}%`,
            height: `${100 / height}%`,
          }}
        />
      )}
      <span id={id} class="announced" aria-live="polite">
        {words ?? (selected === undefined ? '' : placeName(selected, shape))}
      </span>
    </div>
  );
}
