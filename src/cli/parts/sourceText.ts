// Whether a set of images comes from the source of the validation images, in words.
import type { SourceComparison } from '../../evaluation/odd/sameSource.ts';
import { formatCounted } from '../terminal/format.ts';

/** One sentence about a set that doesn't differ, two about one that does: how it differs, and what to do. */
export function sourceText({ same, pValue, falseAlarms, shifts }: SourceComparison, count: number): string {
  const set = `As a set, these ${formatCounted(count, 'image')}`;
  const rate = `${100 * falseAlarms} % false alarms`;
  if (same) {
    return `${set} don't differ from the validation images (${rate}).`;
  }
  const p = pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`;
  const how = shifts.map(({ text }) => text).join(', ') || 'no simple difference in the pixels';
  return (
    `${set} differ from the validation images (${p}, ${rate}): ${how}. ` +
    'If you expected no difference, prepare them as the training images were prepared; otherwise use a model trained on such images.'
  );
}
