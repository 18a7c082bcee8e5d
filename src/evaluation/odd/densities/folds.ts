// Folds of cross-validation.

/**
 * Divides positions into folds; each is inside one fold and outside of the others. Positions of the same group are in one
 * fold.
 *
 * @param groups the group of each position, numbered from 0; by default each position is a group
 */
export function foldsOf(
  count: number,
  folds: number,
  groups?: ArrayLike<number>,
): { inside: number[]; outside: number[] }[] {
  const all = Array.from({ length: count }, (_, index) => index);
  const foldOf = (index: number): number => (groups?.[index] ?? index) % folds;
  return Array.from({ length: Math.min(folds, count) }, (_, fold) => ({
    inside: all.filter((index) => foldOf(index) === fold),
    outside: all.filter((index) => foldOf(index) !== fold),
  })).filter(({ inside }) => inside.length > 0);
}
