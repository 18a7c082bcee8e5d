// −ln p during training.
import { counted, decimal } from '../../../numbers.ts';
import type { Losses } from './session.ts';

const [WIDTH, HEIGHT] = [300, 90];

/** The space for the steps at the bottom. */
const STEPS = 12;

/** The space for the numbers at the right. */
const NUMBERS = 28;

/** A curve of the losses; its range follows them, but leaves out high ones at the start. */
export function LossCurve({ losses: { means, group } }: { losses: Losses }) {
  const sorted = [...means].sort((a, b) => a - b);
  const [least, greatest] = [sorted[0] ?? 0, sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 1];
  const span = Math.max(greatest - least, 0.2);
  const down = (value: number): number => (HEIGHT - STEPS) * (0.92 - (0.84 * (value - least)) / span);
  const across = (index: number): number => ((WIDTH - NUMBERS) * index) / Math.max(means.length - 1, 40);
  return (
    <svg
      class="plane-losses"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={
        means.length === 0
          ? 'No training step yet'
          : `−ln p fell from ${decimal(means[0]!)} to ${decimal(means.at(-1)!)} in ${means.length * group} steps`
      }
    >
      <polyline
        points={means
          .map((value, index) => `${across(index).toFixed(1)},${Math.max(0, down(value)).toFixed(1)}`)
          .join(' ')}
      />
      {means.length > 0 && (
        <>
          <text class="plane-steps" x={4} y={HEIGHT - 4}>
            step 1
          </text>
          {means.length > 1 && (
            <text x={Math.max(90, across(means.length - 1))} y={HEIGHT - 4}>
              step {counted(means.length * group)}
            </text>
          )}
          <text x={WIDTH - 4} y={down(greatest) + 3}>
            {decimal(greatest)}
          </text>
          <text x={WIDTH - 4} y={down(least) + 3}>
            {decimal(least)}
          </text>
        </>
      )}
    </svg>
  );
}
