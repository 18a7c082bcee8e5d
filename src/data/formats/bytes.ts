// What the readers of all formats do with bytes, and how they tell that a file is damaged.
import { UserError } from '../../errors.ts';

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The characters of a few bytes, one each (Latin-1): to compare with a signature. */
export function charactersOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Whether the bytes at the start of a file are those of gzip. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** The error for a file, or one in an archive, that is damaged. */
export function damaged(where: string, why: string, cause?: unknown): UserError {
  return new UserError('invalid-data', `${where}: damaged: ${why}; use another copy`, { cause });
}
