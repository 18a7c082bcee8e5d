// The cost of decoding a file with sharp, from its header: measured with sharp 0.35 on flat 25-megapixel images.
import type { Metadata } from 'sharp';
import { largestImage } from './avifItems.ts';
import type { DecodingCost } from './beginDecoding.ts';
import { charactersOf } from './bytes.ts';
import { gifFrames, webpFrames } from './frameCounts.ts';
import { countScans, countSegmentBytes, countSegments } from './jpegScans.ts';
import { MOST_PARTS, requireFewParts } from './photoHeader.ts';
import { tiffHeader } from './tiffHeader.ts';

/** Decoders list all frames or pages before they read the first: ten thousand take a second. */
const MOST_PAGES = 4096;
/** The most bytes of a JPEG file in segments, such as profiles and comments: 64 MiB. */
const MOST_SEGMENT_BYTES = 2 ** 26;

/** Throws Error if a file has so many parts, frames or pages that even listing them takes long, or much memory. */
export function requirePlausible(bytes: Uint8Array): void {
  const start = charactersOf(bytes.subarray(0, 4));
  if (start.startsWith('\u00ff\u00d8')) {
    requireFewParts(countSegments(bytes, MOST_PARTS));
    if (countSegmentBytes(bytes, MOST_SEGMENT_BYTES) > MOST_SEGMENT_BYTES) {
      throw new Error(`it has more than ${MOST_SEGMENT_BYTES} bytes beside its pixels`);
    }
  }
  const pages =
    start === 'GIF8'
      ? gifFrames(bytes, MOST_PAGES)
      : start === 'RIFF'
        ? webpFrames(bytes, MOST_PAGES)
        : start === 'II*\0' || start === 'MM\0*'
          ? tiffHeader(bytes, MOST_PAGES).pages
          : 1;
  if (pages > MOST_PAGES) {
    throw new Error(`it has more than ${MOST_PAGES} frames or pages`);
  }
}

/** The cost of decoding a file whose header sharp has read. */
export function costOf(bytes: Uint8Array, about: Metadata): DecodingCost {
  const { width, height, depth, channels, hasAlpha } = about;
  const cost = costOfDecoder(bytes, about);
  // After the decoder: rounding from 16 bits to 8, and compositing onto white.
  const [isDeep, added] = [depth === 'ushort', hasAlpha ? channels - 1 : 0];
  const after = channels * (isDeep ? 3 : 1) + added;
  return { pixels: width * height, ...cost, pixelBytes: Math.max(cost.pixelBytes, after) };
}

function costOfDecoder(bytes: Uint8Array, about: Metadata): DecodingCost {
  const { format, width, height, depth, channels, isProgressive, orientation = 1 } = about;
  const valueBytes = depth === 'ushort' ? 2 : 1;
  // Rotation needs a second copy of the image.
  const turned = orientation > 1 ? channels * valueBytes : 0;
  switch (format) {
    case 'jpeg': {
      const scans = countScans(bytes);
      // With several scans, the decoder keeps all coefficients, two bytes each.
      const coefficients = isProgressive || scans > 1 ? 2 * channels : 0;
      return { pixelBytes: channels + coefficients + turned, scans };
    }
    case 'webp':
      return { pixelBytes: 13 + turned };
    case 'gif':
      return { pixelBytes: 9 + turned };
    case 'tiff': {
      const { scans, tilePixels, storedPixels } = tiffHeader(bytes, MOST_PAGES);
      const pixels = Math.max(storedPixels, width * height);
      // A tile or strip is in memory twice, the image once.
      const tile = (2 * channels * valueBytes * tilePixels) / pixels;
      return { pixelBytes: channels * valueBytes + turned + tile, scans, pixels };
    }
    case 'heif':
      return {
        pixelBytes: (depth === 'ushort' ? 26 : 20) + turned,
        pixels: Math.max(largestImage(bytes), width * height),
      };
    default:
      throw new Error(`sharp identifies it as ${format}`);
  }
}
