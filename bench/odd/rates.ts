// How well scores tell odd images from others: area under the curve, average precision, false alarms.

/** How well a score separates images; each number is between 0 and 1. */
export interface Rates {
  /** The area under the ROC curve: 0.5 is chance. */
  readonly auc: number;
  /** The average precision, with as many odd images as others. */
  readonly precision: number;
  /** The share of other images above the score that 95 % of the odd ones reach. */
  readonly falseAlarms: number;
}

/** The rates of scores of odd images and of others; higher is odder. */
export function ratesOf(odd: ArrayLike<number>, others: ArrayLike<number>): Rates {
  const all = [
    ...Array.from(odd, (value) => ({ value, isOdd: true })),
    ...Array.from(others, (value) => ({ value, isOdd: false })),
  ].sort((a, b) => (a.value < b.value ? 1 : a.value > b.value ? -1 : 0));
  let [above, found, area, precision, falseAlarms] = [0, 0, 0, 0, 1];
  // Equal scores count together: no order among them is better than another.
  for (let first = 0; first < all.length; ) {
    let end = first;
    let [oddHere, othersHere] = [0, 0];
    while (end < all.length && all[end]!.value === all[first]!.value) {
      all[end]!.isOdd ? oddHere++ : othersHere++;
      end++;
    }
    area += othersHere * (found + oddHere / 2);
    const before = found;
    found += oddHere;
    above += othersHere;
    precision += (oddHere * found) / (found + above);
    if (before < 0.95 * odd.length && found >= 0.95 * odd.length) {
      falseAlarms = above / others.length;
    }
    first = end;
  }
  return { auc: area / (odd.length * others.length), precision: precision / odd.length, falseAlarms };
}
