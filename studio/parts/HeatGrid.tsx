// A heat map with a selectable value.
import type { ImageShape, NdArray } from 'emerging-flows';
import { type HeatRange, heatMap } from 'emerging-flows/pictures';
import { useId, useMemo } from 'preact/hooks';
import { locateCell, placeName, tileLayout, valueAt, valueBeside } from './heatPlaces.ts';
import { Picture } from './Picture.tsx';
import './heat-grid.css';

interface HeatGridProps {
  readonly label: string;
  readonly values: NdArray['data'];
  /** Height, width and channels. */
  readonly shape: ImageShape;
  readonly range: HeatRange;
  readonly selected: number;
  /** Whether hovering selects. */
  readonly hover?: boolean;
  /** A description of the selected value; by default its place. */
  readonly words?: string;
  onSelect(index: number): void;
}

/** The grey level of gaps: the stage's, in both themes. */
const GAP = 20;

/** A heat map whose values are selected with the pointer or the arrow keys. */
export function HeatGrid({
  label,
  values,
  shape,
  range,
  selected,
  hover = false,
  words,
  onSelect,
}: HeatGridProps) {
  const id = useId();
  const { width, height } = tileLayout(shape);
  const picture = useMemo(() => {
    const colours = heatMap(values, range);
    const pixels = new Uint8Array(3 * width * height).fill(GAP);
    for (let index = 0; index < values.length; index++) {
      const { row, column } = locateCell(index, shape);
      pixels.set(colours.subarray(3 * index, 3 * index + 3), 3 * (row * width + column));
    }
    return { pixels, shape: [height, width, 3] as const };
  }, [values, range, shape]);
  const point = (event: PointerEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const cell = {
      row: Math.floor(((event.clientY - box.top) / box.height) * height),
      column: Math.floor(((event.clientX - box.left) / box.width) * width),
    };
    const index = valueAt(cell, shape);
    if (index !== undefined) {
      onSelect(index);
    }
  };
  const { row, column } = locateCell(selected, shape);
  return (
    <div
      class="heat-grid"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the arrow keys
      tabIndex={0}
      aria-label={label}
      aria-describedby={id}
      style={{ aspectRatio: `${width} / ${height}` }}
      onPointerDown={point}
      onPointerMove={(event) => (hover || event.buttons === 1) && point(event)}
      onKeyDown={(event) => {
        const index = valueBeside(selected, event.key, shape);
        if (index !== undefined) {
          event.preventDefault();
          onSelect(index);
        }
      }}
    >
      <Picture image={picture} />
      <span
        class="heat-cell"
        style={{
          left: `${(100 * column) / width}%`,
          top: `${(100 * row) / height}%`,
          width: `${100 / width}%`,
          height: `${100 / height}%`,
        }}
      />
      <span id={id} class="heat-words" aria-live="polite">
        {words ?? placeName(selected, shape)}
      </span>
    </div>
  );
}
