// Differences between an encoded image and the decoded one.

/** The differences of two images. */
export interface Differences {
  /** The number of differing values. */
  readonly wrong: number;
  /** The largest difference, in grey levels. */
  readonly most: number;
  /** The differences as grey levels; the largest is white. */
  readonly drawn: Uint8Array;
}

/** Compares two images of the same shape value by value. */
export function differencesOf(before: Uint8Array, after: Uint8Array): Differences {
  const differences = before.map((level, index) => Math.abs(level - after[index]!));
  const most = differences.reduce((greatest, one) => Math.max(greatest, one), 0);
  return {
    wrong: differences.filter((one) => one > 0).length,
    most,
    drawn: differences.map((one) => (most === 0 ? 0 : Math.round((255 * one) / most))),
  };
}
