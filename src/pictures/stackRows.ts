// The first rows of several contact sheets, stacked: the same samples as training progresses.
import { encode } from 'fast-png';

/** A decoded picture, 8 bits per channel. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Grey pixels between two rows. */
const gap = 2;
const grey = 128;

/**
 * The top `height` pixels of every sheet, stacked with grey gaps, as the bytes of a PNG. Sheets that differ in width or
 * kind from the last are omitted.
 */
export function stackRows(sheets: readonly Sheet[], height: number): Uint8Array {
  const { width, channels } = sheets.at(-1)!;
  const rows = sheets.filter(
    (one) => one.width === width && one.channels === channels && one.height >= height,
  );
  const data = new Uint8Array(width * channels * (rows.length * (height + gap) - gap)).fill(grey);
  rows.forEach((row, index) => {
    const pixels = row.data.subarray(0, width * height * channels);
    data.set(pixels, index * (height + gap) * width * channels);
  });
  return encode({ width, height: rows.length * (height + gap) - gap, data, channels });
}
