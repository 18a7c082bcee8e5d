// The bits/dim of images as lines over a histogram of the reference.
import { useMemo } from 'preact/hooks';
import { plural } from '../../numbers.ts';
import { axisOf, countsIn } from './histogram.ts';

interface HistogramProps {
  readonly bits: readonly number[];
  /** The bits/dim of the reference; empty if there is none. */
  readonly reference: readonly number[];
  readonly chosen: number | undefined;
}

const BINS = 60;

/** The histogram; the grid beside it has the same values as text. */
export function Histogram({ bits, reference, chosen }: HistogramProps) {
  const { axis, heights } = useMemo(() => {
    const axis = axisOf([...bits, ...reference]);
    const counts = countsIn(reference, axis, BINS);
    const most = Math.max(1, ...counts);
    return { axis, heights: counts.map((count) => count / most) };
  }, [bits, reference]);
  const place = (value: number): number => (value - axis.low) / (axis.high - axis.low);
  const line = (index: number, name: string) => {
    const value = bits[index];
    return value !== undefined && Number.isFinite(value) ? (
      <line
        key={`${name}${index}`}
        class={name}
        x1={place(value)}
        x2={place(value)}
        y1={name === 'odd-line' ? 0.45 : 0}
        y2={1}
      />
    ) : null;
  };
  return (
    <div class="odd-histogram">
      <svg
        viewBox="0 0 1 1"
        preserveAspectRatio="none"
        role="img"
        aria-label={`bits/dim of ${plural(bits.length, 'image')}${reference.length > 0 ? `, and ${plural(reference.length, 'reference image')}` : ''}`}
      >
        {heights.map((height, bin) => (
          // A bin keeps its key when its height changes.
          <rect key={bin} class="odd-bar" x={bin / BINS} y={1 - height} width={1 / BINS} height={height} />
        ))}
        {bits.map((_, index) => line(index, 'odd-line'))}
        {chosen !== undefined && line(chosen, 'odd-line-chosen')}
      </svg>
      <div class="odd-axis" aria-hidden="true">
        {axis.ticks.map((tick) => (
          <span key={tick} style={{ left: `${100 * place(tick)}%` }}>
            {tick}
          </span>
        ))}
      </div>
      <p class="control-note">
        bits/dim.{' '}
        {reference.length > 0
          ? `Lines: these images. Bars: ${plural(reference.length, 'reference image')}.`
          : 'Lines: these images.'}
      </p>
    </div>
  );
}
