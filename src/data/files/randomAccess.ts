// Bytes with random access, wherever they are.
import { UserError } from '../../core/errors.ts';

/** Bytes with random access. */
export interface RandomAccess {
  /** In bytes. */
  readonly size: number;
  /** `length` bytes from `offset` on; throws UserError if there are fewer. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The most that is held in memory at once: 2 GiB, which is also the most that one call reads. */
export const maxBytesAtOnce = 2 ** 31 - 1;

/** Random access to bytes in memory; `source` names them in errors. */
export function inMemory(bytes: Uint8Array, source: string): RandomAccess {
  return {
    size: bytes.length,
    async read(offset, length) {
      checkRange(source, bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** Throws UserError that names `source` if it has no such bytes, or they are too many at once. */
export function checkRange(source: string, size: number, offset: number, length: number): void {
  const inside = offset >= 0 && length >= 0 && offset + length <= size;
  if (!inside || length > maxBytesAtOnce) {
    throw new UserError(
      'invalid-data',
      `${source}: damaged: it has only ${size} bytes, too few to read ${length} at offset ${offset}; use another copy`,
    );
  }
}

const AHEAD_BYTES = 2 ** 16;

/** The same bytes for many small reads, most of them one after the other: they are copied from blocks. */
export function readAhead(file: RandomAccess): RandomAccess {
  let block: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array() };
  return {
    size: file.size,
    async read(offset, length) {
      if (length > AHEAD_BYTES / 2) {
        return file.read(offset, length);
      }
      let { start, bytes } = block;
      if (offset < start || offset + length > start + bytes.length) {
        // More than there is to read is an error of the file.
        const more = Math.max(length, Math.min(AHEAD_BYTES, file.size - offset));
        [start, bytes] = [offset, await file.read(offset, more)];
        block = { start, bytes };
      }
      return bytes.slice(offset - start, offset - start + length);
    },
  };
}
