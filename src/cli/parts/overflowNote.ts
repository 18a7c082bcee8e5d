// The note that images overflowed.

/** Images, some of which overflowed. */
interface Overflow {
  readonly overflowed: number;
  /** How many there are in all. */
  readonly count: number;
  /** A plural noun for them; default `samples`. */
  readonly what?: string;
  /** What to do about it; follows a colon. */
  readonly remedy?: string;
}

/** A line that says how many images overflowed; empty if none did. */
export function overflowNote(
  { bits }: { readonly bits?: number | undefined },
  { overflowed, count, what = 'samples', remedy = 'try a lower temperature, or train longer' }: Overflow,
): string {
  const blank = bits === undefined ? 'NaN, grey in pictures' : 'black';
  return overflowed === 0 ? '' : `${overflowed} of ${count} ${what} overflowed (${blank}): ${remedy}\n`;
}
