// The search for a variant's learning rate: the rate with the lowest mean on validation images, inside the rates tried.
import { mean } from '../../core/numeric/index.ts';
import { MOST_RATE } from '../../runs/settings/index.ts';

/** A learning rate that was tried. */
export interface TriedRate {
  /** The learning rate. */
  readonly rate: number;
  /** On validation images, of each seed; null for one that diverged. */
  readonly values: readonly (number | null)[];
}

/** The best rate of those tried. */
export interface BestRate {
  /** Null if none has a value for every seed. */
  readonly rate: number | null;
  /** A rate beyond the grid that must be tried before the best is inside; null if it is, or the grid can't grow. */
  readonly next: number | null;
  /** Why the best rate is not inside the grid, if it isn't and the grid can't grow. */
  readonly problem: string | null;
}

/** The grid grows by at most so many rates. */
const MOST_GROWTH = 6;

/**
 * The best rate, and how the grid must grow if that is at its edge. A rate that made a seed diverge ranks as the worst, so
 * the best may be next to it.
 *
 * @param initial how many rates the search began with
 */
export function bestRate(tried: readonly TriedRate[], initial: number): BestRate {
  const sorted = tried.toSorted((a, b) => a.rate - b.rate);
  const means = sorted.map(({ values }) =>
    values.every((value) => value !== null && Number.isFinite(value))
      ? mean(values as number[])
      : Number.POSITIVE_INFINITY,
  );
  const best = means.indexOf(Math.min(...means));
  if (means[best] === Number.POSITIVE_INFINITY) {
    return { rate: null, next: null, problem: 'training diverged at every rate' };
  }
  const { rate } = sorted[best]!;
  if (best > 0 && best < sorted.length - 1) {
    return { rate, next: null, problem: null };
  }
  const next = best === 0 ? rate ** 2 / sorted[1]!.rate : rate ** 2 / sorted[best - 1]!.rate;
  const isBeyond = (value: number): boolean => (best === 0 ? value < rate : value > rate);
  // Two digits may not tell close rates apart.
  const rounded = [2, 3, 4].map((digits) => Number(next.toPrecision(digits))).find(isBeyond) ?? next;
  const edge = best === 0 ? 'lowest' : 'highest';
  if (tried.length - initial >= MOST_GROWTH || rounded > MOST_RATE) {
    const why =
      rounded > MOST_RATE
        ? 'higher ones are not allowed'
        : `the grid has grown by ${MOST_GROWTH} rates already`;
    return { rate, next: null, problem: `the best rate, ${rate}, is the ${edge} tried, and ${why}` };
  }
  return { rate, next: rounded, problem: null };
}
