// Helpers for bytes that the readers of all formats use, and their error for a corrupt file.
import { shortText, UserError } from '../../core/errors.ts';

/** A view of the same bytes. */
export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A few bytes as Latin-1 characters, for comparing with a signature. */
export function latin1Text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Whether a file that starts with these bytes is gzipped. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** Whether a file that starts with these bytes is a zip archive. */
export function isZip(start: Uint8Array): boolean {
  return ['PK\x03\x04', 'PK\x05\x06'].includes(latin1Text(start.subarray(0, 4)));
}

/** A file is corrupt, by itself or in an archive: `prepareDataset` can do without it. */
export class CorruptFile extends UserError {}

/** The error for a corrupt file, or a corrupt file in an archive. */
export function corruptFile(where: string, why: string, cause?: unknown): CorruptFile {
  // Both may have names from the file.
  const message = `${shortText(where, 1000)}: corrupt: ${shortText(why)}; use another copy`;
  return new CorruptFile('invalid-data', message, { cause });
}
