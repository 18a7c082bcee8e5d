// The scores of images as lines over a histogram of the reference.
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { plural } from '../../numbers.ts';
import { countsIn, createAxis } from './histogram.ts';
import { scoreText } from './oddText.ts';

interface HistogramProps {
  /** What the axis shows. */
  readonly name: string;
  readonly values: readonly number[];
  /** The values of the reference; empty if there is none. */
  readonly reference: readonly number[];
  readonly chosen: number | undefined;
  /** A value that the axis includes, so that it stays where it is while values move. */
  readonly least?: number;
  /** What lines and bars are, unless they are images and reference images. */
  readonly children?: ComponentChildren;
}

const BINS = 60;

/** The histogram; the grid next to it has the same values as text. */
export function Histogram({ name, values, reference, chosen, least, children }: HistogramProps) {
  const { axis, heights } = useMemo(() => {
    const axis = createAxis(least === undefined ? values : [...values, least], reference);
    const counts = countsIn(reference, axis, BINS);
    const largest = Math.max(1, ...counts);
    return { axis, heights: counts.map((count) => count / largest) };
  }, [values, reference, least]);
  const position = (value: number): number =>
    Math.min(1, Math.max(0, (value - axis.low) / (axis.high - axis.low)));
  const line = (index: number, kind: string) => {
    const value = values[index];
    return value !== undefined && !Number.isNaN(value) ? (
      <line
        key={`${kind}${index}`}
        class={kind}
        x1={position(value)}
        x2={position(value)}
        y1={kind === 'odd-line' ? 0.45 : 0}
        y2={1}
      />
    ) : null;
  };
  const below = values.filter((value) => value < axis.low);
  const right = values.filter((value) => value > axis.high);
  return (
    <div class="odd-histogram">
      <svg
        viewBox="0 0 1 1"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name} of ${plural(values.length, 'image')}${reference.length > 0 ? `, and ${plural(reference.length, 'reference image')}` : ''}`}
      >
        {heights.map((height, bin) => (
          // A bin keeps its key when its height changes.
          <rect key={bin} class="odd-bar" x={bin / BINS} y={1 - height} width={1 / BINS} height={height} />
        ))}
        {values.map((_, index) => line(index, 'odd-line'))}
        {chosen !== undefined && line(chosen, 'odd-line-chosen')}
      </svg>
      <div class="odd-axis" aria-hidden="true">
        {axis.ticks.map((tick) => (
          <span key={tick} style={{ left: `${100 * position(tick)}%` }}>
            {tick}
          </span>
        ))}
      </div>
      {(below.length > 0 || right.length > 0) && (
        <div class="odd-beyond">
          <span>
            {below.length > 0 && `◂ ${below.length} below, down to ${scoreText(Math.min(...below))}`}
          </span>
          <span>{right.length > 0 && `${right.length} above, up to ${scoreText(Math.max(...right))} ▸`}</span>
        </div>
      )}
      <p class="control-note">
        {children ??
          `${name.charAt(0).toUpperCase()}${name.slice(1)}; lines: these images${reference.length > 0 ? `, bars: ${plural(reference.length, 'reference image')}.` : '.'}`}
      </p>
    </div>
  );
}
