// Image properties from the headers of JPEG and WebP files, and the files without profile and orientation.
//
// A browser applies both, and browsers differ in how that is turned off: it gets files that have neither.
import { dataView, latin1Text } from './bytes.ts';
import { exifOrientation } from './orientation.ts';

/** A JPEG or WebP file that has not been decoded. */
export interface PhotoHeader {
  /** The stored width, before the image is turned. */
  readonly width: number;
  /** The stored height. */
  readonly height: number;
  /** The colours of a JPEG file: grey 1, colour 3, CMYK 4; 3 for WebP. */
  readonly colours: number;
  /** The EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** Whether it is a progressive JPEG. */
  readonly isProgressive: boolean;
  /** The scans of a JPEG file, at most one more than `MOST_SCANS`; 1 for WebP. */
  readonly scans: number;
  /** Whether it is an animation of several frames. */
  readonly isAnimation: boolean;
  /** The file without colour profile and EXIF data, in parts. */
  readonly plain: readonly Uint8Array<ArrayBuffer>[];
}

/** The most segments or chunks; all are kept. */
const MOST_PARTS = 2 ** 16;
const exifStart = 'Exif\0\0';

/**
 * The header of a JPEG file.
 *
 * @throws Error if it is corrupt or truncated
 */
export function jpegHeader(bytes: Uint8Array<ArrayBuffer>): PhotoHeader {
  const view = dataView(bytes);
  const plain = [bytes.subarray(0, 2)];
  let frame: Pick<PhotoHeader, 'width' | 'height' | 'colours' | 'isProgressive'> | undefined;
  let orientation = 1;
  for (let offset = 2; ; ) {
    if (offset + 4 > bytes.length || bytes[offset] !== 0xff) {
      throw new Error(`it has no marker after ${offset} bytes`);
    }
    const marker = bytes[offset + 1]!;
    if (marker === 0xff) {
      // Padding.
      offset++;
      continue;
    }
    if (marker === 0xda) {
      plain.push(bytes.subarray(offset));
      break;
    }
    const end = offset + 2 + view.getUint16(offset + 2);
    const content = bytes.subarray(offset + 4, end);
    if (end > bytes.length || end < offset + 4) {
      throw new Error(`it ends after ${bytes.length} bytes`);
    }
    // Frame headers, among which are three other markers.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (content.length < 6) {
        throw new Error('its frame header is too short');
      }
      const [height, width] = [view.getUint16(offset + 5), view.getUint16(offset + 7)];
      frame = { width, height, colours: content[5]!, isProgressive: marker % 4 === 2 };
    }
    const isExif = marker === 0xe1 && latin1Text(content.subarray(0, 6)) === exifStart;
    const isProfile = marker === 0xe2 && latin1Text(content.subarray(0, 12)) === 'ICC_PROFILE\0';
    if (isExif) {
      orientation = exifOrientation(content.subarray(6));
    }
    if (!isExif && !isProfile) {
      requireFewParts(plain.push(bytes.subarray(offset, end)));
    }
    offset = end;
  }
  if (frame === undefined || frame.width === 0 || frame.height === 0) {
    throw new Error('it has no frame header');
  }
  if (!hasEnd(plain.at(-1)!)) {
    throw new Error(`it ends after ${bytes.length} bytes`);
  }
  return { ...frame, orientation, scans: countScans(plain.at(-1)!), isAnimation: false, plain };
}

/** Throws Error for too many parts. */
export function requireFewParts(parts: number): void {
  if (parts > MOST_PARTS) {
    throw new Error(`it has more than ${MOST_PARTS} parts`);
  }
}

/** Whether the marker of the end occurs: decoders fill the rest of a truncated file with grey. */
function hasEnd(scan: Uint8Array): boolean {
  let index = scan.length - 2;
  while (index >= 0 && !(scan[index] === 0xff && scan[index + 1] === 0xd9)) {
    index--;
  }
  return index >= 0;
}

/**
 * The header of a WebP file.
 *
 * @throws Error if it is corrupt or truncated
 */
export function webpHeader(bytes: Uint8Array<ArrayBuffer>): PhotoHeader {
  const view = dataView(bytes);
  const last = bytes.length < 12 ? Infinity : 8 + view.getUint32(4, true);
  if (last > bytes.length) {
    throw new Error(`it ends after ${bytes.length} bytes`);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size: readonly [width: number, height: number] | undefined;
  let orientation = 1;
  let frames = 0;
  for (let offset = 12; offset + 8 <= last; ) {
    const end = offset + 8 + view.getUint32(offset + 4, true);
    if (end > last) {
      throw new Error(`it ends after ${bytes.length} bytes`);
    }
    const type = latin1Text(bytes.subarray(offset, offset + 4));
    const content = bytes.subarray(offset + 8, end);
    const next = Math.min(end + (end % 2), last);
    size ??= sizeIn(type, content);
    frames += type === 'ANMF' ? 1 : 0;
    if (type === 'EXIF') {
      const isMarked = latin1Text(content.subarray(0, 6)) === exifStart;
      orientation = exifOrientation(content.subarray(isMarked ? 6 : 0));
    } else if (type !== 'ICCP') {
      const chunk = bytes.slice(offset, next);
      if (type === 'VP8X') {
        // No longer with a profile (0x20) and EXIF data (0x08).
        chunk[8]! &= ~0x28;
      }
      requireFewParts(chunks.push(chunk));
    }
    offset = next;
  }
  if (size === undefined) {
    throw new Error('it has no image');
  }
  const start = bytes.slice(0, 12);
  dataView(start).setUint32(4, 4 + chunks.reduce((sum, { length }) => sum + length, 0), true);
  const [width, height] = size;
  return {
    width,
    height,
    colours: 3,
    orientation,
    isProgressive: false,
    scans: 1,
    isAnimation: frames > 1,
    plain: [start, ...chunks],
  };
}

/** The size of the image, if this chunk says it. */
function sizeIn(type: string, content: Uint8Array): readonly [number, number] | undefined {
  const view = dataView(content);
  if (type === 'VP8X' && content.length >= 10) {
    const sideAt = (offset: number): number =>
      1 + view.getUint16(offset, true) + 0x10000 * content[offset + 2]!;
    return [sideAt(4), sideAt(7)];
  }
  if (type === 'VP8L' && content.length >= 5) {
    const sides = view.getUint32(1, true);
    return [1 + (sides & 0x3fff), 1 + ((sides >>> 14) & 0x3fff)];
  }
  if (type === 'VP8 ' && content.length >= 10) {
    return [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff];
  }
  return undefined;
}

/** The most scans of a file: encoders write about ten. */
export const MOST_SCANS = 100;
/** Markers without content: TEM, the restarts, the start of the file. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
const END = 0xd9;
const SCAN = 0xda;

/**
 * The number of scans, at most one more than `MOST_SCANS`.
 *
 * @param bytes the file, or the rest of it after any marker
 */
export function countScans(bytes: Uint8Array): number {
  return sumOverMarkers(bytes, MOST_SCANS, (marker) => (marker === SCAN ? 1 : 0));
}

/** The most bytes of a JPEG file in segments, such as profiles and comments: 64 MiB. */
const MOST_SEGMENT_BYTES = 2 ** 26;

/** Throws Error for too many segments, or too large ones: decoders allocate memory for each, and copy them several times. */
export function requireFewSegments(bytes: Uint8Array): void {
  requireFewParts(sumOverMarkers(bytes, MOST_PARTS, (marker) => (isSegment(marker) ? 1 : 0)));
  const inSegments = sumOverMarkers(bytes, MOST_SEGMENT_BYTES, (marker, length) =>
    isSegment(marker) ? length : 0,
  );
  if (inSegments > MOST_SEGMENT_BYTES) {
    throw new Error(`it has more than ${MOST_SEGMENT_BYTES} bytes besides its pixels`);
  }
}

/** Whether a marker begins a segment: 0xff before 0 is a value in a scan, before another 0xff padding. */
function isSegment(marker: number): boolean {
  return marker !== 0 && !isBare(marker);
}

/** The sum of `weigh` over all markers, up to the first sum above `limit`. Bytes between markers are skipped, as decoders do. */
function sumOverMarkers(
  bytes: Uint8Array,
  limit: number,
  weigh: (marker: number, length: number) => number,
): number {
  let sum = 0;
  let offset = bytes.indexOf(0xff);
  while (offset !== -1 && offset + 1 < bytes.length && sum <= limit) {
    while (bytes[offset + 1] === 0xff) {
      offset++;
    }
    const marker = bytes[offset + 1] ?? 0;
    if (marker === END) {
      break;
    }
    const length = isSegment(marker) ? 2 + 256 * (bytes[offset + 2] ?? 0) + (bytes[offset + 3] ?? 0) : 1;
    sum += weigh(marker, length);
    offset = bytes.indexOf(0xff, offset + length);
  }
  return sum;
}
