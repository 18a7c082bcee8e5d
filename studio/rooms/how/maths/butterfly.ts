// Butterfly matrices: which values depend on which, factor by factor.

/** The factors' distances for n values: 1, 2, 4, … below n. */
export function distancesOf(values: number): number[] {
  return Array.from({ length: Math.ceil(Math.log2(values)) }, (_, index) => 2 ** index);
}

/** The partner of value j in the factor with this distance; undefined if it has none. */
function partnerOf(j: number, distance: number, values: number): number | undefined {
  const other = Math.floor(j / distance) % 2 === 0 ? j + distance : j - distance;
  return other < values ? other : undefined;
}

/** The values that output j depends on after factors with these distances, in ascending order. */
export function mixedInto(j: number, distances: readonly number[], values: number): number[] {
  let found = new Set([j]);
  // From the output back: the last factor first.
  for (const distance of distances.toReversed()) {
    found = new Set([...found].flatMap((one) => [one, partnerOf(one, distance, values) ?? one]));
  }
  return [...found].sort((a, b) => a - b);
}
