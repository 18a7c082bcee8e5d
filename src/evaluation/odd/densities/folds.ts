// Folds of cross-validation.

/** Divides positions into folds; each is inside one fold and outside of the others. */
export function foldsOf(count: number, folds: number): { inside: number[]; outside: number[] }[] {
  const all = Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: Math.min(folds, count) }, (_, fold) => ({
    inside: all.filter((index) => index % folds === fold),
    outside: all.filter((index) => index % folds !== fold),
  }));
}
