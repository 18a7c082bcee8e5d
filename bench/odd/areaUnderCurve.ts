// The area under the ROC curve.

/** The share of pairs where the odd image has the higher score; equal scores count half. */
export function areaUnderCurve(odd: ArrayLike<number>, others: ArrayLike<number>): number {
  const sorted = Float64Array.from(others).sort();
  const countBelow = (value: number, orEqual: boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  const pairs = Array.from(odd, (value) => (countBelow(value, false) + countBelow(value, true)) / 2);
  return pairs.reduce((sum, value) => sum + value, 0) / (odd.length * others.length);
}
