// Decodes PNG files of every colour type and depth to grey or colour of 8 bits, or 16 for files of 16.
// Our own: fast-png decompresses whatever a file holds (a file of 0.3 MB that claims one pixel: 850 MB of memory).
import { UserError } from '../../core/errors.ts';
import type { DecodedImage, EightBitImage } from '../contract/rawImages.ts';
import type { BeginDecoding } from '../contract/reading.ts';
import { onWhite } from '../pixels/channels.ts';
import type { Integers } from '../pixels/values.ts';
import { corruptFile } from './bytes.ts';
import { exifOrientation, oriented } from './orientation.ts';
import {
  hasPngSignature,
  type InflatedPng,
  inflatePng,
  listPasses,
  type Pass,
  type PngChunks,
  type PngHeader,
  rowBytes,
} from './pngChunks.ts';

/**
 * Decodes a PNG file. Colour profiles and gamma are ignored, the EXIF orientation is applied. Palettes and 1, 2 and 4 bits are expanded, an alpha
 * channel is composited onto white.
 *
 * @throws UserError if it is not a PNG file or is corrupt
 */
export async function decodePng(
  bytes: Uint8Array,
  source: string,
  begin?: BeginDecoding,
): Promise<DecodedImage<Integers>> {
  if (bytes.length === 0) {
    throw new UserError('invalid-data', `${source}: empty; use another copy`);
  }
  if (!hasPngSignature(bytes)) {
    throw new UserError('invalid-data', `${source}: not a PNG image; convert it to PNG`);
  }
  try {
    const png = await inflatePng(bytes, async (chunks) => {
      const { width, height } = chunks.header;
      await begin?.(width, height, { pixelBytes: pixelBytes(chunks) });
    });
    return oriented(onWhite(toPixels(png)), exifOrientation(png.exif));
  } catch (cause) {
    if (cause instanceof UserError) {
      throw cause;
    }
    throw corruptFile(source, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The bytes per pixel of all arrays, from the decompressed rows to the image: they may be in memory together. */
function pixelBytes({ header, transparency, exif }: PngChunks): number {
  const { channels, depth, indexed, interlaced } = header;
  const rows = (channels * depth) / 8;
  const samples = interlaced || depth < 8 ? channels * Math.ceil(depth / 8) : 0;
  const hasAlpha = channels === 2 || channels === 4;
  const colourChannels = indexed ? 3 : hasAlpha ? channels - 1 : channels;
  const isClear = transparency.length > 0;
  const colours = indexed ? (isClear ? 4 : 3) : 0;
  // The alpha of a transparent colour, and the pixels with it.
  const keyed = isClear && !indexed ? 1 + channels + 1 : 0;
  const bytes = depth === 16 ? 2 : 1;
  const wide = depth === 16 ? 2 * channels : 0;
  const white = isClear || hasAlpha ? colourChannels : 0;
  const turned = exifOrientation(exif) > 1 ? colourChannels : 0;
  return rows + samples + wide + colours + bytes * (keyed + white + turned);
}

/** Converts to 8 or 16 bits, applies the palette, and converts a transparent colour to an alpha channel. */
function toPixels(png: InflatedPng): DecodedImage<Integers> {
  const { width, height, channels, depth, indexed } = png.header;
  const samples = unpackSamples(png);
  if (indexed) {
    return { width, height, ...applyPalette(samples, png), notes: ['palette'] };
  }
  const notes: string[] = [];
  if (png.transparency.length === 0) {
    return { width, height, channels, data: scaled(samples, depth), notes };
  }
  if ((channels !== 1 && channels !== 3) || png.transparency.length !== 2 * channels) {
    throw new Error(`${png.transparency.length} bytes of transparency for ${channels} channels`);
  }
  // Before scaling to 8 bits, after which different colours could look equal.
  const alpha = createAlpha(samples, png);
  const pixels = scaled(samples, depth);
  const data = withAlpha(pixels, channels, alpha, 2 ** (8 * pixels.BYTES_PER_ELEMENT) - 1);
  return { width, height, channels: channels === 1 ? 2 : 4, data, notes };
}

function applyPalette(
  samples: Uint8Array,
  { palette, transparency }: InflatedPng,
): Pick<EightBitImage, 'channels' | 'data'> {
  const count = palette.length / 3;
  if (!Number.isInteger(count) || count === 0 || count > 256 || transparency.length > count) {
    throw new Error(`a palette of ${palette.length} bytes, with ${transparency.length} of transparency`);
  }
  const channels = transparency.length > 0 ? 4 : 3;
  const data = new Uint8Array(samples.length * channels);
  for (let pixel = 0; pixel < samples.length; pixel++) {
    const entry = samples[pixel]!;
    if (entry >= count) {
      throw new Error(`index ${entry} into a palette of ${count} colours`);
    }
    for (let channel = 0; channel < 3; channel++) {
      data[pixel * channels + channel] = palette[3 * entry + channel]!;
    }
    if (channels === 4) {
      data[4 * pixel + 3] = transparency[entry] ?? 255;
    }
  }
  return { channels, data };
}

/** Scales values of up to 8 bits to 8, in place: v·255/(2^depth − 1); 16-bit values become numbers. */
function scaled(samples: Uint8Array, depth: number): Integers {
  if (depth === 8) {
    return samples;
  }
  if (depth < 8) {
    const step = 255 / (2 ** depth - 1);
    for (let index = 0; index < samples.length; index++) {
      samples[index]! *= step;
    }
    return samples;
  }
  const out = new Uint16Array(samples.length / 2);
  for (let index = 0; index < out.length; index++) {
    out[index] = 256 * samples[2 * index]! + samples[2 * index + 1]!;
  }
  return out;
}

/** 0 for each pixel of the transparent colour, 255 for the others. */
function createAlpha(samples: Uint8Array, { header, transparency }: InflatedPng): Uint8Array {
  const { width, height, channels, depth } = header;
  // The chunk has two bytes per channel; for up to 8 bits only the lower one is used.
  const colour = depth === 16 ? transparency : transparency.filter((_, index) => index % 2 === 1);
  const isReachable = depth === 16 || transparency.every((value, index) => index % 2 === 1 || value === 0);
  const pixelBytes = (channels * Math.max(8, depth)) / 8;
  const alpha = new Uint8Array(width * height).fill(255);
  for (let pixel = 0; isReachable && pixel < alpha.length; pixel++) {
    let index = 0;
    while (index < pixelBytes && samples[pixel * pixelBytes + index] === colour[index]) {
      index++;
    }
    if (index === pixelBytes) {
      alpha[pixel] = 0;
    }
  }
  return alpha;
}

/** Adds an alpha channel, given as 0 or 255, with this value for opaque. */
function withAlpha(pixels: Integers, channels: number, alpha: Uint8Array, opaque: number): Integers {
  const length = alpha.length * (channels + 1);
  const data = pixels instanceof Uint8Array ? new Uint8Array(length) : new Uint16Array(length);
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      data[pixel * (channels + 1) + channel] = pixels[pixel * channels + channel]!;
    }
    data[pixel * (channels + 1) + channels] = alpha[pixel] === 0 ? 0 : opaque;
  }
  return data;
}

/** All samples, HWC: one byte each, or two (big-endian) for 16 bits. Overwrites `data`, and reuses its memory if possible. */
function unpackSamples({ header, data }: InflatedPng): Uint8Array {
  const { width, height, depth, channels, interlaced } = header;
  const pixelBytes = channels * (depth === 16 ? 2 : 1);
  const out = interlaced || depth < 8 ? new Uint8Array(height * width * pixelBytes) : undefined;
  let start = 0;
  for (const pass of listPasses(header)) {
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

/** Reverses the filters of rows of `line` bytes, and moves them together; the left neighbour is `before` bytes away. */
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
function paeth(west: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(west - corner);
  const toCorner = Math.abs(west + above - 2 * corner);
  return toLeft <= toAbove && toLeft <= toCorner ? west : toAbove <= toCorner ? above : corner;
}

/** Writes the pixels of a pass to their positions in the image, one byte per sample of fewer than 8 bits. */
function scatter(
  rows: Uint8Array,
  line: number,
  { left: firstColumn, top, across, down, columns, rows: count }: Pass,
  out: Uint8Array,
  { width, depth }: PngHeader,
  pixelBytes: number,
): void {
  const mask = 2 ** depth - 1;
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < columns; column++) {
      const to = ((top + row * down) * width + firstColumn + column * across) * pixelBytes;
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
