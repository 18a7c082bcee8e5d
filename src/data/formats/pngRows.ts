// The samples of a PNG file: reverses filters in place, merges interlaced passes, unpacks bits.
// Our own: fast-png decompresses whatever a file holds (a file of 0.3 MB that claims one pixel: 850 MB of memory).
import { type InflatedPng, type Pass, type PngHeader, passesOf, rowBytes } from './pngChunks.ts';

/**
 * All samples of the image, HWC: one byte each, or two (big-endian) for 16 bits. Overwrites `data`, and
 * reuses its memory if possible.
 *
 * @throws Error for an unknown filter
 */
export function samplesOf({ header, data }: InflatedPng): Uint8Array {
  const { width, height, depth, channels, interlaced } = header;
  const pixelBytes = channels * (depth === 16 ? 2 : 1);
  const out = interlaced || depth < 8 ? new Uint8Array(height * width * pixelBytes) : undefined;
  let start = 0;
  for (const pass of passesOf(header)) {
    const line = rowBytes(header, pass.columns);
    const end = start + pass.rows * (1 + line);
    const rows = unfiltered(data.subarray(start, end), line, Math.ceil((channels * depth) / 8));
    if (out === undefined) {
      return rows;
    }
    scatter(rows, line, pass, out, header, pixelBytes);
    start = end;
  }
  return out!;
}

/**
 * Reverses the filters of rows, and moves the rows together at the start of `data`.
 *
 * @param line the bytes of a row
 * @param before the distance to the left neighbour, in bytes
 */
function unfiltered(data: Uint8Array, line: number, before: number): Uint8Array {
  const rows = data.length / (1 + line);
  let above: Uint8Array = new Uint8Array(line);
  for (let row = 0; row < rows; row++) {
    const from = row * (1 + line) + 1;
    const filter = data[from - 1]!;
    data.copyWithin(row * line, from, from + line);
    const current = data.subarray(row * line, (row + 1) * line);
    reverse(filter, current, above, before);
    above = current;
  }
  return data.subarray(0, rows * line);
}

function reverse(filter: number, current: Uint8Array, above: Uint8Array, before: number): void {
  const { length } = current;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let index = before; index < length; index++) {
        current[index]! += current[index - before]!;
      }
      return;
    case 2:
      for (let index = 0; index < length; index++) {
        current[index]! += above[index]!;
      }
      return;
    case 3:
      for (let index = 0; index < length; index++) {
        current[index]! += ((index < before ? 0 : current[index - before]!) + above[index]!) >> 1;
      }
      return;
    case 4:
      for (let index = 0; index < Math.min(before, length); index++) {
        current[index]! += above[index]!;
      }
      for (let index = before; index < length; index++) {
        current[index]! += paeth(current[index - before]!, above[index]!, above[index - before]!);
      }
      return;
    default:
      throw new Error(`a row has the unknown filter ${filter}`);
  }
}

/** The neighbour closest to left + above − corner. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
}

/** Writes the pixels of a pass to their positions in the image, one byte per sample of fewer than 8 bits. */
function scatter(
  rows: Uint8Array,
  line: number,
  { left, top, across, down, columns, rows: count }: Pass,
  out: Uint8Array,
  { width, depth }: PngHeader,
  pixelBytes: number,
): void {
  const mask = 2 ** depth - 1;
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < columns; column++) {
      const to = ((top + row * down) * width + left + column * across) * pixelBytes;
      if (depth < 8) {
        const bit = column * depth;
        out[to] = (rows[row * line + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
        continue;
      }
      const from = row * line + column * pixelBytes;
      for (let byte = 0; byte < pixelBytes; byte++) {
        out[to + byte] = rows[from + byte]!;
      }
    }
  }
}
