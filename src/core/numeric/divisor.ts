// Divisors of whole numbers.

/** The largest divisor of a number of 1 or more that is at most `limit`. */
export function largestDivisor(dividend: number, limit: number): number {
  let divisor = Math.min(dividend, limit);
  while (dividend % divisor !== 0) {
    divisor--;
  }
  return divisor;
}
