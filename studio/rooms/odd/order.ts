// The order of images.

/** Labels of the orders, by their names in the address. */
export const orders = { odd: 'Oddest first', most: 'Most bits first', fewest: 'Fewest bits first' } as const;

/** The name of an order. */
export type OrderName = keyof typeof orders;

/** What images are ordered by. */
interface Rated {
  readonly bits: readonly number[];
  /** The chosen score; higher is odder. */
  readonly scores: readonly number[];
  /** Whether the score compares with reference images; otherwise the farthest from the median are the oddest. */
  readonly isCompared: boolean;
}

/** The indices of images in an order. Values that aren't finite come first. */
export function ordered({ bits, scores, isCompared }: Rated, by: OrderName): number[] {
  const sorted = bits.filter(Number.isFinite).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const oddness = (index: number): number => (isCompared ? scores[index]! : Math.abs(bits[index]! - middle));
  const isLost = (index: number): number => (Number.isFinite(bits[index]) ? 0 : 1);
  const compare: Readonly<Record<OrderName, (a: number, b: number) => number>> = {
    odd: (a, b) => oddness(b) - oddness(a),
    most: (a, b) => bits[b]! - bits[a]!,
    fewest: (a, b) => bits[a]! - bits[b]!,
  };
  return Array.from(bits.keys()).sort((a, b) => isLost(b) - isLost(a) || compare[by](a, b) || a - b);
}
