// Scores and p-values as text.
import type { ScoreReport } from 'emerging-flows';
import { ENOUGH_TO_CALL, ODD } from '../../../src/uses/odd/limits.ts';
import { plural } from '../../numbers.ts';

/** A score, with as many decimals as matter. */
export function scoreText(score: number): string {
  if (!Number.isFinite(score)) {
    return score > 0 ? 'not finite' : '−∞';
  }
  const size = Math.abs(score);
  const text =
    size >= 100_000
      ? score.toExponential(1).replace('e+', 'e')
      : size >= 1000
        ? Math.round(score).toLocaleString('en')
        : score.toFixed(size < 10 ? 3 : 1);
  return Number(text.replaceAll(',', '')) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

/** A p-value: `p 0.012`. */
export function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** A p-value in words, relative to reference images described by `words`. */
export function rankText(p: number, count: number, words: string): string {
  const odder = Math.round(p * (count + 1) - 1);
  return odder <= 0
    ? `Odder than all ${words}`
    : `${odder.toLocaleString('en')} of ${words} are at least as odd`;
}

/** How many p-values are small, and how many would be by chance. */
export function chanceText(pValues: readonly number[], references: number): string {
  if (references < ENOUGH_TO_CALL) {
    return `Too few reference images (${references}) to call any image odd at ${100 * ODD} %: the first are the most unusual.`;
  }
  const odd = pValues.filter((p) => p <= ODD).length;
  const expected = ODD * pValues.length;
  const chance =
    expected < 1
      ? 'fewer than 1'
      : `about ${expected < 9.5 ? Number(expected.toFixed(1)) : Math.round(expected).toLocaleString('en')}`;
  return `${plural(odd, 'image')} with p ≤ ${ODD}; ${chance} expected by chance.`;
}

/** Whether a set of images comes from the source of the reference images. */
export function sourceText(source: ScoreReport['source']): string {
  if (source === undefined) {
    return 'Fewer than 10 images: too few to test them as a set.';
  }
  const rate = `${100 * source.falseAlarms} % false alarms`;
  if (source.same) {
    return `As a set, they don’t differ from the validation images (${rate}).`;
  }
  const p = source.pValue < 0.001 ? 'p < 0.001' : `p = ${source.pValue.toFixed(3)}`;
  const how = source.shifts.map(({ text }) => text).join(', ') || 'no simple difference in the pixels';
  return (
    `As a set, they differ from the validation images (${p}, ${rate}): ${how}. ` +
    'If you expected no difference, prepare them as the training images were prepared; otherwise choose a model trained on such images.'
  );
}
