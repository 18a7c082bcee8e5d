// The first rows of several contact sheets, stacked: the same samples as training progresses.
import { decode, encode } from 'fast-png';

/** Grey pixels between two rows. */
const gap = 2;
const grey = 128;

/**
 * The top `height` pixels of every PNG, stacked with grey gaps, as the bytes of a PNG. PNGs that differ in width or
 * kind from the last are omitted.
 */
export function stackRows(sheets: readonly Uint8Array[], height: number): Uint8Array {
  const decoded = sheets.map((sheet) => decode(sheet));
  const { width, channels } = decoded.at(-1)!;
  const rows = decoded.filter(
    (one) => one.width === width && one.channels === channels && one.height >= height,
  );
  const data = new Uint8Array(width * channels * (rows.length * (height + gap) - gap)).fill(grey);
  rows.forEach((row, index) => {
    const pixels = row.data.subarray(0, width * height * channels);
    data.set(pixels, index * (height + gap) * width * channels);
  });
  return encode({ width, height: rows.length * (height + gap) - gap, data, channels });
}
