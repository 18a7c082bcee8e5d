// Numbers to and from text: parsing addresses and inputs, counting things, decimals.

/** Parses a number from `least` to `greatest`, both included unless `excluded`; undefined for anything else. */
export function numberIn(
  text: string | undefined,
  least: number,
  greatest: number,
  excluded: readonly number[] = [],
): number | undefined {
  const number = Number(text?.trim() || Number.NaN);
  const isIn = Number.isFinite(number) && number >= least && number <= greatest && !excluded.includes(number);
  return isIn ? number : undefined;
}

/** Parses a whole number, as `numberIn` parses numbers. */
export function wholeIn(...range: Parameters<typeof numberIn>): number | undefined {
  const number = numberIn(...range);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The largest seed. */
export const MOST_SEED = Number.MAX_SAFE_INTEGER;

/** A count with its noun: `1 image`, `2,000 images`. */
export function plural(count: number, noun: string): string {
  return `${counted(count)} ${noun}${Math.abs(count) === 1 ? '' : 's'}`;
}

/** A number with thousands separators and a true minus sign. */
export function counted(number: number): string {
  return number.toLocaleString('en').replace('-', '−');
}

/** A number with fixed decimals and a true minus sign. */
export function decimal(number: number, digits = 2): string {
  const text = Math.abs(number).toFixed(digits);
  return number < 0 && Number(text) !== 0 ? `−${text}` : text;
}
