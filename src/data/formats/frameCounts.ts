// Counts the frames of GIF and WebP files: decoders list all of them to read the first.
import { charactersOf, viewOf } from './bytes.ts';
import { requireFewParts } from './photoHeader.ts';

/** The frames of a GIF file, at most one more than `most`. */
export function gifFrames(bytes: Uint8Array, most: number): number {
  /** The bytes of a colour table, whose size is in these flags. */
  const tableBytes = (flags = 0): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let frames = 0;
  let at = 13 + tableBytes(bytes[10]);
  /** To the end of blocks of at most 255 bytes, each after its length. */
  const skipBlocks = (): void => {
    while (at < bytes.length && bytes[at] !== 0) {
      at += 1 + bytes[at]!;
    }
    at++;
  };
  while (at < bytes.length && frames <= most) {
    const type = bytes[at];
    if (type === 0x2c) {
      frames++;
      // The descriptor, a colour table, and the size of the first code.
      at += 10 + tableBytes(bytes[at + 9]) + 1;
      skipBlocks();
    } else if (type === 0x21) {
      at += 2;
      skipBlocks();
    } else if (type === 0x3b) {
      break;
    } else {
      at++;
    }
  }
  return frames;
}

/** The frames of a WebP file, at most one more than `most`. Throws Error for too many chunks, each of which decoders keep. */
export function webpFrames(bytes: Uint8Array, most: number): number {
  const view = viewOf(bytes);
  let [frames, chunks] = [0, 0];
  for (let at = 12; at + 8 <= bytes.length && frames <= most; ) {
    requireFewParts(++chunks);
    frames += charactersOf(bytes.subarray(at, at + 4)) === 'ANMF' ? 1 : 0;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return frames;
}
