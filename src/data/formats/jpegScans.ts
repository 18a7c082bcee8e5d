// Counts the scans of a JPEG file, each a pass over the whole image even if it has only a few bytes, and its segments.

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

/** The number of segments, at most one more than `most`. Decoders allocate memory for each, even of unknown kinds. */
export function countSegments(bytes: Uint8Array, most: number): number {
  return sumOverMarkers(bytes, most, (marker) => (isSegment(marker) ? 1 : 0));
}

/** The bytes in segments, which decoders copy several times; more than `most` need not be counted to the end. */
export function countSegmentBytes(bytes: Uint8Array, most: number): number {
  return sumOverMarkers(bytes, most, (marker, length) => (isSegment(marker) ? length : 0));
}

/** Whether a marker begins a segment: 0xff before 0 is a value in a scan, before another 0xff padding. */
function isSegment(marker: number): boolean {
  return marker !== 0 && !isBare(marker);
}

/** The sum of `weigh` over all markers, up to the first sum above `most`. Bytes between markers are skipped, as decoders do. */
function sumOverMarkers(
  bytes: Uint8Array,
  most: number,
  weigh: (marker: number, length: number) => number,
): number {
  let sum = 0;
  let offset = bytes.indexOf(0xff);
  while (offset !== -1 && offset + 1 < bytes.length && sum <= most) {
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
