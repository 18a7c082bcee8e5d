// PNG files as 8-bit images, grey or colour, whatever form of PNG they come in.
import { convertIndexedToRgb, type DecodedPng, decode, hasPngSignature } from 'fast-png';
import { UserError } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';

/** One image in memory: 8 bits a channel, HWC. */
export interface Image {
  /** Height, width and channels: 1 is grey, 3 is colour. */
  readonly shape: ImageShape;
  /** Row by row, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}

/** Deflate makes data at most so much smaller: a header that promises more is damaged. */
const strongestCompression = 1032;

/**
 * The image in the bytes of a PNG file. Palettes and 1, 2 and 4 bits are expanded, 16 bits are rounded to 8, an alpha
 * channel goes if it is opaque everywhere.
 *
 * @param source the file, for errors
 * @throws UserError if it is no PNG, damaged, or transparent in places
 */
export function readPng(bytes: Uint8Array, source: string): Image {
  if (bytes.length === 0) {
    throw new UserError(`${source}: empty; use another copy`);
  }
  if (!hasPngSignature(bytes)) {
    throw new UserError(`${source}: not a PNG image; convert it to PNG`);
  }
  const { height, width, channels, data, transparent } = decoded(bytes, source);
  const opaque = channels % 2 === 1 ? data : withoutAlpha(data, channels);
  if (transparent || opaque === undefined) {
    throw new UserError(`${source}: transparent in places; flatten it onto a background`);
  }
  return { shape: [height, width, channels - 1 + (channels % 2)], pixels: opaque };
}

interface Pixels {
  readonly channels: number;
  readonly data: Uint8Array;
}

function decoded(
  bytes: Uint8Array,
  source: string,
): Pixels & { height: number; width: number; transparent: boolean } {
  try {
    checkHeader(bytes);
    const png = decode(bytes, { checkCrc: true });
    const { height, width, transparency } = png;
    return { height, width, transparent: transparency !== undefined, ...eightBit(png) };
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).replace(/:\s*$/, '');
    throw new UserError(`${source}: damaged: ${why}; use another copy`, { cause });
  }
}

/** Checks what the decoder would take on trust: it allocates what the header says, and knows no packed Adam7. */
function checkHeader(bytes: Uint8Array): void {
  if (bytes.length < 33) {
    throw new Error(`it ends after ${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, interlaced] = [view.getUint8(24), view.getUint8(28)];
  if (width === 0 || height === 0 || height * (width * (depth / 8)) > strongestCompression * bytes.length) {
    throw new Error(`its header says ${height}x${width} pixels`);
  }
  if (interlaced === 1 && depth < 8) {
    throw new Error(`interlaced with ${depth} bits a pixel, which cannot be read`);
  }
}

/** Its values spread over 8 bits, palettes looked up. */
function eightBit(png: DecodedPng): Pixels {
  const { depth, channels, palette, data } = png;
  // Colour images may have a palette too, as a hint for old screens.
  if (palette && channels === 1) {
    return { channels: palette[0]!.length, data: convertIndexedToRgb(png) };
  }
  if (depth < 8) {
    const white = 2 ** depth - 1;
    const greys = Array.from({ length: white + 1 }, (_, value) => [(255 * value) / white]);
    return { channels, data: convertIndexedToRgb({ ...png, palette: greys }) };
  }
  return { channels, data: depth === 16 ? Uint8Array.from(data, (v) => Math.round(v / 257)) : asBytes(data) };
}

function asBytes(data: DecodedPng['data']): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The pixels without their last channel; undefined if that is not 255 everywhere. */
function withoutAlpha(data: Uint8Array, channels: number): Uint8Array | undefined {
  const kept = channels - 1;
  const out = new Uint8Array((data.length / channels) * kept);
  for (let pixel = 0; pixel < data.length / channels; pixel++) {
    if (data[pixel * channels + kept] !== 255) {
      return undefined;
    }
    out.set(data.subarray(pixel * channels, pixel * channels + kept), pixel * kept);
  }
  return out;
}
