// Butterfly matrices: which values reach which, factor by factor.

/** The distances of the factors for n values: 1, 2, 4, … below n. */
export function distancesOf(values: number): number[] {
  return Array.from({ length: Math.ceil(Math.log2(values)) }, (_, index) => 2 ** index);
}

/** The partner of value j in the factor of a distance; undefined if it has none. */
function partnerOf(j: number, distance: number, values: number): number | undefined {
  const other = Math.floor(j / distance) % 2 === 0 ? j + distance : j - distance;
  return other < values ? other : undefined;
}

/** The values that value j of the result is computed from after the factors of some distances, in ascending order. */
export function mixedInto(j: number, distances: readonly number[], values: number): number[] {
  let found = new Set([j]);
  // From the result back: the last factor first.
  for (const distance of distances.toReversed()) {
    found = new Set([...found].flatMap((one) => [one, partnerOf(one, distance, values) ?? one]));
  }
  return [...found].sort((a, b) => a - b);
}
