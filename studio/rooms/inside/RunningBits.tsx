// The running sum of bits over the stages, as a curve.
import { Plot } from '../../parts/plot/Plot.tsx';
import { sumsOf } from './runningWords.ts';

interface RunningBitsProps {
  /** The bits before the first stage, then those that each stage adds. */
  readonly bits: readonly number[];
  /** The number of values of the image. */
  readonly count: number;
  /** How many stages have been passed. */
  readonly at: number;
}

/** All sums, per value of the image, with the one at the scrubber marked. */
export function RunningBits({ bits, count, at }: RunningBitsProps) {
  const points = sumsOf(bits).map((sum, x) => ({ x, y: sum / count }));
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  return (
    <Plot
      label="Bits per value after each stage"
      plot={{
        x: { label: 'stages passed', range: [0, Math.max(1, bits.length - 1)] },
        y: { label: 'bits per value', range: [Math.min(0, ...values), 1.05 * Math.max(...values)] },
        series: [{ name: 'bits per value', kind: 'line and points', points }],
      }}
      marks={[]}
      at={at}
    />
  );
}
