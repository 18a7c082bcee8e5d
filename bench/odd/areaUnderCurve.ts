// The area under the ROC curve.

/** The share of pairs where the odd image has the higher score; equal scores count half. */
export function areaUnderCurve(odd: ArrayLike<number>, others: ArrayLike<number>): number {
  let higher = 0;
  for (const value of Array.from(odd)) {
    for (const other of Array.from(others)) {
      higher += value > other ? 1 : value === other ? 0.5 : 0;
    }
  }
  return higher / (odd.length * others.length);
}
