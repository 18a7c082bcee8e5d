// Numbers in texts: those of an address, and those that are typed.

/** The number that a text is, if it is one from `least` to `most`. */
export function numberIn(text: string | undefined, least: number, most: number): number | undefined {
  const number = Number(text?.trim() || Number.NaN);
  return Number.isFinite(number) && number >= least && number <= most ? number : undefined;
}

/** The whole number that a text is, if it is one from `least` to `most`. */
export function wholeIn(text: string | undefined, least: number, most: number): number | undefined {
  const number = numberIn(text, least, most);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The largest seed. */
export const MOST_SEED = Number.MAX_SAFE_INTEGER;
