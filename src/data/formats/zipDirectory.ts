// The directory at the end of a zip archive: which files it contains, and where.
// Our own: zip.js takes 18 times as long for many small files, and yauzl verifies no checksums.
import { UserError } from '../../core/errors.ts';
import type { RandomAccess } from '../files/fileStore.ts';
import { corruptFile, dataView } from './bytes.ts';
import { zipName } from './entryNames.ts';

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const directorySignature = 0x02014b50;
const endLength = 22;
const end64Length = 56;
/** The length of a file's local header, without the name. */
const localHeaderLength = 30;
const maxCommentLength = 0xffff;
/** A field with this value is stored in the zip64 extra field instead. */
const inExtraField = 0xffffffff;

/** The most files of an archive, and the most bytes of its directory: 256 MiB. */
export const maxEntries = 1_500_000;
const maxDirectoryBytes = 2 ** 28;

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
  /** Where its local header starts in the file. */
  readonly offset: number;
}

/**
 * The files in a zip archive (including zip64), in directory order, without folders.
 *
 * @throws UserError if it is not a zip archive, or its directory is corrupt or too large
 */
export async function readZipDirectory(file: RandomAccess, source: string): Promise<ZipEntry[]> {
  const { count, size, offset } = await findDirectory(file, source);
  if (count > maxEntries || size > maxDirectoryBytes) {
    throw new UserError(
      'invalid-data',
      `${source}: its directory has ${count} files in ${size} bytes, but at most ${maxEntries} in ${maxDirectoryBytes} are read: unpack it, or divide it into several archives`,
    );
  }
  const bytes = await file.read(offset, size);
  const view = dataView(bytes);
  const entries: ZipEntry[] = [];
  let position = 0;
  for (let index = 0; index < count; index++) {
    if (position + 46 > size || view.getUint32(position, true) !== directorySignature) {
      throw corruptFile(source, `its directory ends after ${index} of ${count} files`);
    }
    const nameLength = view.getUint16(position + 28, true);
    const extraLength = view.getUint16(position + 30, true);
    const nameEnd = position + 46 + nameLength;
    const next = nameEnd + extraLength + view.getUint16(position + 32, true);
    if (next > size) {
      throw corruptFile(source, `its directory ends within file ${index + 1} of ${count}`);
    }
    const flags = view.getUint16(position + 8, true);
    const entry = {
      name: zipName(
        bytes.subarray(position + 46, nameEnd),
        (flags & isUtf8) !== 0,
        view.getUint8(position + 5),
      ),
      method: view.getUint16(position + 10, true),
      encrypted: (flags & 1) !== 0,
      checksum: view.getUint32(position + 16, true),
      size: view.getUint32(position + 24, true),
      compressedSize: view.getUint32(position + 20, true),
      offset: view.getUint32(position + 42, true),
    };
    readSizes64(entry, bytes.subarray(nameEnd, nameEnd + extraLength), source);
    entries.push(entry);
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
  const isOrdered = entries.every(({ offset }, index) => offset >= (entries[index - 1]?.offset ?? 0));
  const ordered = isOrdered ? entries : entries.toSorted((a, b) => a.offset - b.offset);
  ordered.forEach((entry, index) => {
    const next = ordered[index + 1];
    if (entry.offset + localHeaderLength + entry.compressedSize > (next?.offset ?? directory)) {
      const nextName = next ? next.name : 'the directory';
      throw corruptFile(source, `${entry.name} overlaps ${nextName}`);
    }
  });
}

interface Directory {
  /** The number of files. */
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

/** The directory that the record at the end of the file describes. */
async function findDirectory(file: RandomAccess, source: string): Promise<Directory> {
  const length = Math.min(file.size, endLength + maxCommentLength);
  const view = dataView(await file.read(file.size - length, length));
  let end = length - endLength;
  while (end >= 0 && view.getUint32(end, true) !== endSignature) {
    end--;
  }
  if (end < 0) {
    throw corruptFile(source, 'it has no directory at its end; it may be truncated');
  }
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== locator64Signature) {
    return {
      count: view.getUint16(end + 10, true),
      size: view.getUint32(end + 12, true),
      offset: view.getUint32(end + 16, true),
    };
  }
  const start = uint64(view, locator + 8, source);
  const end64 = dataView(await file.read(start, Math.min(end64Length, Math.max(0, file.size - start))));
  if (end64.byteLength < end64Length || end64.getUint32(0, true) !== end64Signature) {
    throw corruptFile(source, 'its directory is not where its end record points');
  }
  return {
    count: uint64(end64, 32, source),
    size: uint64(end64, 40, source),
    offset: uint64(end64, 48, source),
  };
}

/** Reads the sizes and the offset that do not fit into 32 bits from the extra field. */
function readSizes64(
  entry: Pick<ZipEntry, 'name'> & Record<'size' | 'compressedSize' | 'offset', number>,
  extra: Uint8Array,
  source: string,
): void {
  if (Math.max(entry.size, entry.compressedSize, entry.offset) < inExtraField) {
    return;
  }
  const view = dataView(extra);
  let offset = 0;
  while (offset + 4 <= extra.length && view.getUint16(offset, true) !== 1) {
    offset += 4 + view.getUint16(offset + 2, true);
  }
  offset += 4;
  for (const field of ['size', 'compressedSize', 'offset'] as const) {
    if (entry[field] === inExtraField) {
      if (offset + 8 > extra.length) {
        throw corruptFile(source, `its directory lacks the ${field} of ${entry.name}`);
      }
      entry[field] = uint64(view, offset, source);
      offset += 8;
    }
  }
}

function uint64(view: DataView, offset: number, source: string): number {
  const value = view.getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw corruptFile(source, `its directory claims ${value} bytes`);
  }
  return Number(value);
}
