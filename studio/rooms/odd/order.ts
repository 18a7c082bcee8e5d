// The order of images.

/** Labels of the orders, by their names in the address. */
export const orders = { odd: 'Oddest first', most: 'Most bits first', fewest: 'Fewest bits first' } as const;

/** The name of an order. */
export type OrderName = keyof typeof orders;

/**
 * The indices of images in an order. The oddest images have the most extreme percentiles; without a reference, they are
 * farthest from the median of the images themselves. Values that aren't finite come first.
 */
export function ordered(
  bits: readonly number[],
  percentiles: readonly number[] | undefined,
  by: OrderName,
): number[] {
  const sorted = bits.filter(Number.isFinite).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const away = (index: number): number => Math.abs(bits[index]! - middle);
  const oddness = (index: number): number => (percentiles ? Math.abs(percentiles[index]! - 50) : 0);
  const isLost = (index: number): number => (Number.isFinite(bits[index]) ? 0 : 1);
  const compare: Readonly<Record<OrderName, (a: number, b: number) => number>> = {
    odd: (a, b) => oddness(b) - oddness(a) || away(b) - away(a),
    most: (a, b) => bits[b]! - bits[a]!,
    fewest: (a, b) => bits[a]! - bits[b]!,
  };
  return Array.from(bits.keys()).sort((a, b) => isLost(b) - isLost(a) || compare[by](a, b) || a - b);
}
