// Standard errors as text.

/** A standard error with four decimals; one that they cannot show, or that is exactly 0, is not called 0.0000. */
export function errorText(error: number): string {
  if (error === 0) {
    return '0';
  }
  return Math.abs(error) < 0.00005 ? '<0.0001' : error.toFixed(4);
}
