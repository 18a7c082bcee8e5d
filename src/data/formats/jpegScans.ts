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
  return countMarkers(bytes, MOST_SCANS, (marker) => marker === SCAN);
}

/** The number of segments, at most one more than `most`. Decoders allocate memory for each, even of unknown kinds. */
export function countSegments(bytes: Uint8Array, most: number): number {
  return countMarkers(bytes, most, isSegment);
}

/** Whether a marker begins a segment. 0xff before another 0xff is padding; before 0 it is a value in a scan. */
function isSegment(marker: number): boolean {
  return marker !== 0 && marker !== 0xff && !isBare(marker);
}

/** The number of markers with `isCounted`, at most one more than `most`. Bytes between markers are skipped, as decoders do. */
function countMarkers(bytes: Uint8Array, most: number, isCounted: (marker: number) => boolean): number {
  let count = 0;
  let offset = bytes.indexOf(0xff);
  while (offset !== -1 && offset + 1 < bytes.length && count <= most) {
    const marker = bytes[offset + 1]!;
    if (marker === END) {
      break;
    }
    count += isCounted(marker) ? 1 : 0;
    const length = isSegment(marker) ? 2 + 256 * (bytes[offset + 2] ?? 0) + (bytes[offset + 3] ?? 0) : 1;
    offset = bytes.indexOf(0xff, offset + length);
  }
  return count;
}
