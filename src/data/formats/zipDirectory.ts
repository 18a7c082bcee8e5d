// The directory at the end of a zip archive: which files it contains, and where.
// Our own: yauzl verifies no checksums, and reads the directory in two reads per file instead of one in all.
import type { RandomAccess } from '../../storage/randomAccess.ts';
import { corruptFile, viewOf } from './bytes.ts';
import { zipName } from './entryNames.ts';

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const directorySignature = 0x02014b50;
const endLength = 22;
/** The length of a file's local header, without the name. */
const localHeaderLength = 30;
const maxCommentLength = 0xffff;
/** A field with this value is stored in the zip64 extra field instead. */
const inExtraField = 0xffffffff;

/** The flag of names that are marked as UTF-8. */
const isUtf8 = 0x800;

/** A file in a zip archive. */
export interface ZipEntry {
  /** Its path as stored in the archive; nothing is ever written there. */
  readonly name: string;
  /** Its uncompressed size. */
  readonly size: number;
  readonly compressedSize: number;
  /** 0 is stored, 8 deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly checksum: number;
  /** Where its local header starts. */
  readonly offset: number;
}

/**
 * The files in a zip archive (including zip64), in directory order, without folders.
 *
 * @param source the archive, for errors
 * @throws UserError if it is not a zip archive, or its directory is corrupt
 */
export async function readZipDirectory(file: RandomAccess, source: string): Promise<ZipEntry[]> {
  const { count, size, offset } = await findDirectory(file, source);
  const bytes = await file.read(offset, size);
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  let position = 0;
  for (let index = 0; index < count; index++) {
    if (position + 46 > size || view.getUint32(position, true) !== directorySignature) {
      throw corruptFile(source, `its directory ends after ${index} of ${count} files`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) =>
      view.getUint16(position + at, true),
    ) as [number, number, number];
    const next = position + 46 + nameLength + extraLength + commentLength;
    if (next > size) {
      throw corruptFile(source, `its directory ends within file ${index + 1} of ${count}`);
    }
    const entry = {
      name: zipName(
        bytes.subarray(position + 46, position + 46 + nameLength),
        (view.getUint16(position + 8, true) & isUtf8) !== 0,
      ),
      method: view.getUint16(position + 10, true),
      encrypted: (view.getUint16(position + 8, true) & 1) !== 0,
      checksum: view.getUint32(position + 16, true),
      size: view.getUint32(position + 24, true),
      compressedSize: view.getUint32(position + 20, true),
      offset: view.getUint32(position + 42, true),
    };
    const extra = bytes.subarray(position + 46 + nameLength, position + 46 + nameLength + extraLength);
    entries.push(withSizes64(entry, extra, source));
    position = next;
  }
  if (position !== size) {
    throw corruptFile(source, `its directory has more files than the ${count} it claims`);
  }
  requireNoOverlap(entries, offset, source);
  return entries.filter(({ name }) => !name.endsWith('/'));
}

/**
 * Rejects files that share bytes with one another or with the directory: the same bytes could be decompressed
 * once for every name. Local headers may be longer than is assumed here.
 */
function requireNoOverlap(entries: readonly ZipEntry[], directory: number, source: string): void {
  const ordered = entries.toSorted((a, b) => a.offset - b.offset);
  ordered.forEach((entry, index) => {
    const next = ordered[index + 1];
    if (entry.offset + localHeaderLength + entry.compressedSize > (next?.offset ?? directory)) {
      const other = next ? next.name : 'the directory';
      throw corruptFile(source, `${entry.name} overlaps ${other}`);
    }
  });
}

async function findDirectory(
  file: RandomAccess,
  source: string,
): Promise<{ count: number; size: number; offset: number }> {
  const length = Math.min(file.size, endLength + maxCommentLength);
  const bytes = await file.read(file.size - length, length);
  const view = viewOf(bytes);
  let at = length - endLength;
  while (at >= 0 && view.getUint32(at, true) !== endSignature) {
    at--;
  }
  if (at < 0) {
    throw corruptFile(source, 'it has no directory at its end; it may be truncated');
  }
  const short = {
    count: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
  const locator = at - 20;
  if (locator < 0 || view.getUint32(locator, true) !== locator64Signature) {
    return short;
  }
  const end64 = viewOf(await file.read(uint64(view, locator + 8, source), 56));
  if (end64.getUint32(0, true) !== end64Signature) {
    throw corruptFile(source, 'its directory is not where its end record points');
  }
  return {
    count: uint64(end64, 32, source),
    size: uint64(end64, 40, source),
    offset: uint64(end64, 48, source),
  };
}

/** The entry, with the sizes and the offset that do not fit into 32 bits read from the extra field. */
function withSizes64(entry: ZipEntry, extra: Uint8Array, source: string): ZipEntry {
  const view = viewOf(extra);
  let at = 0;
  while (at + 4 <= extra.length && view.getUint16(at, true) !== 1) {
    at += 4 + view.getUint16(at + 2, true);
  }
  const sizes = { ...entry };
  at += 4;
  for (const field of ['size', 'compressedSize', 'offset'] as const) {
    if (entry[field] === inExtraField) {
      if (at + 8 > extra.length) {
        throw corruptFile(source, `its directory lacks the ${field} of ${entry.name}`);
      }
      sizes[field] = uint64(view, at, source);
      at += 8;
    }
  }
  return sizes;
}

function uint64(view: DataView, at: number, source: string): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw corruptFile(source, `its directory claims ${value} bytes`);
  }
  return Number(value);
}
