// The checksums in a packed file: the CRC-32 of each image, 32 bits each, little-endian.
//
// One per image rather than per block: batches read single images at random places, and verifying one must not require
// reading others.
import { viewOf } from '../formats/bytes.ts';
import { crc32 } from '../formats/compression.node.ts';
import { corruptPackedFile, type PackedFile, type PackedHeader, packedSplits } from './packedHeader.ts';

/** The bytes of one checksum. */
export const CHECKSUM_BYTES = 4;
/** The most wrong images named in an error. */
const MOST_LISTED = 3;

/** Checksums as bytes. */
export function checksumBytes(checksums: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(CHECKSUM_BYTES * checksums.length);
  const view = viewOf(bytes);
  checksums.forEach((checksum, index) => {
    view.setUint32(CHECKSUM_BYTES * index, checksum, true);
  });
  return bytes;
}

/** The checksums in these bytes. */
export function checksumsIn(bytes: Uint8Array): Uint32Array {
  const view = viewOf(bytes);
  return Uint32Array.from({ length: Math.floor(bytes.length / CHECKSUM_BYTES) }, (_, index) =>
    view.getUint32(CHECKSUM_BYTES * index, true),
  );
}

/**
 * Adds the positions in the file of images that don't match their checksums.
 *
 * @param images consecutive images, from position `first`, of `size` bytes each
 */
export function collectWrong(
  wrong: Set<number>,
  images: Uint8Array,
  { size, first, checksums }: { size: number; first: number; checksums: Uint32Array },
): void {
  for (let offset = 0; offset < images.length; offset += size) {
    const position = first + offset / size;
    if (crc32(images.subarray(offset, offset + size)) !== checksums[position]) {
      wrong.add(position);
    }
  }
}

/** Throws UserError with the names of the wrong images, given by their positions in the file, if there are any. */
export function requireNoneWrong({ path, header }: PackedFile, wrong: ReadonlySet<number>): void {
  if (wrong.size > 0) {
    const listed = [...wrong].slice(0, MOST_LISTED).map((position) => nameInSplit(header, position));
    const others = wrong.size > MOST_LISTED ? ` and ${wrong.size - MOST_LISTED} more` : '';
    const what = wrong.size === 1 ? 'does not match its checksum' : 'do not match their checksums';
    throw corruptPackedFile(path, `${listed.join(', ')}${others} ${what}`);
  }
}

/** For example `image 3 of test`. */
function nameInSplit({ counts }: PackedHeader, position: number): string {
  let index = position;
  for (const split of packedSplits) {
    const count = counts[split] ?? 0;
    if (index < count) {
      return `image ${index} of ${split}`;
    }
    index -= count;
  }
  throw new RangeError(`no image ${position}`);
}
