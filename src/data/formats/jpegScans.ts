// Counts the scans of a JPEG file: each is a pass over the whole image, even if it has only a few bytes.

/** The most scans of a file: encoders write about ten. */
export const MOST_SCANS = 100;
/** Markers without content: TEM, the restarts, the start of the file. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
const END = 0xd9;
const SCAN = 0xda;

/**
 * The number of scans, at most one more than `MOST_SCANS`. Bytes between markers are skipped, as decoders do.
 *
 * @param bytes the file, or the rest of it after any marker
 */
export function countScans(bytes: Uint8Array): number {
  let scans = 0;
  let at = bytes.indexOf(0xff);
  while (at !== -1 && at + 1 < bytes.length && scans <= MOST_SCANS) {
    const marker = bytes[at + 1]!;
    if (marker === END) {
      break;
    }
    scans += marker === SCAN ? 1 : 0;
    // 0xff before another 0xff is padding; before 0 it is a value in a scan.
    const isSegment = marker !== 0 && marker !== 0xff && !isBare(marker);
    const length = isSegment ? 2 + 256 * (bytes[at + 2] ?? 0) + (bytes[at + 3] ?? 0) : 1;
    at = bytes.indexOf(0xff, at + length);
  }
  return scans;
}
