// The directory at the end of a zip archive: which files it contains, and where.
// Our own: zip.js takes 18 times as long for many small files, and yauzl verifies no checksums.
import { UserError } from '../../core/errors.ts';
import type { RandomAccess } from '../files/randomAccess.ts';
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
  const { count, size, offset, prefix } = await findDirectory(file, source);
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
      name: zipName(bytes.subarray(position + 46, nameEnd), (flags & isUtf8) !== 0),
      method: view.getUint16(position + 10, true),
      encrypted: (flags & 1) !== 0,
      checksum: view.getUint32(position + 16, true),
      size: view.getUint32(position + 24, true),
      compressedSize: view.getUint32(position + 20, true),
      offset: view.getUint32(position + 42, true),
    };
    readSizes64(entry, bytes.subarray(nameEnd, nameEnd + extraLength), source);
    entry.offset += prefix;
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

/** Whether a file ends like a zip archive, whatever it starts with: a self-extracting one starts with a program. */
export async function hasZipDirectory(file: RandomAccess): Promise<boolean> {
  return (await findEnd(file)) !== undefined;
}

/** The end record at the end of a zip archive: the last bytes of the file, and where it starts in them. */
async function findEnd(file: RandomAccess): Promise<{ view: DataView; at: number } | undefined> {
  const length = Math.min(file.size, endLength + maxCommentLength);
  const view = dataView(await file.read(file.size - length, length));
  let offset = length - endLength;
  while (offset >= 0 && view.getUint32(offset, true) !== endSignature) {
    offset--;
  }
  return offset < 0 ? undefined : { view, at: offset };
}

/** A directory: its number of files, where it is in the file, and the bytes that precede the archive in the file. */
interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  readonly prefix: number;
}

async function findDirectory(file: RandomAccess, source: string): Promise<Directory> {
  const directoryEnd = await findEnd(file);
  if (directoryEnd === undefined) {
    throw corruptFile(source, 'it has no directory at its end; it may be truncated');
  }
  const { view, at: endOffset } = directoryEnd;
  const end = file.size - view.byteLength + endOffset;
  const locator = endOffset - 20;
  if (locator < 0 || view.getUint32(locator, true) !== locator64Signature) {
    const [size, offset] = [view.getUint32(endOffset + 12, true), view.getUint32(endOffset + 16, true)];
    return placed(file, { count: view.getUint16(endOffset + 10, true), size, offset }, end);
  }
  const claimed = uint64(view, locator + 8, source);
  const [start, end64] =
    (await recordAt(file, claimed)) ?? (await recordAt(file, end - 20 - end64Length)) ?? [];
  if (start === undefined || end64 === undefined) {
    throw corruptFile(source, 'its directory is not where its end record points');
  }
  const [count, size, offset] = [32, 40, 48].map((field) => uint64(end64, field, source)) as [
    number,
    number,
    number,
  ];
  return placed(file, { count, size, offset }, start);
}

/** The end record of a zip64 archive, if it is there. */
async function recordAt(file: RandomAccess, start: number): Promise<[number, DataView] | undefined> {
  if (start < 0 || start + end64Length > file.size) {
    return undefined;
  }
  const view = dataView(await file.read(start, end64Length));
  return view.getUint32(0, true) === end64Signature ? [start, view] : undefined;
}

/**
 * The directory whose end record starts at `end`. If it is not where the record says, but right before the record,
 * as many bytes were put before the archive.
 */
async function placed(
  file: RandomAccess,
  claimed: Omit<Directory, 'prefix'>,
  end: number,
): Promise<Directory> {
  const before = end - claimed.size;
  const isAt = async (offset: number): Promise<boolean> =>
    offset >= 0 &&
    offset + 4 <= end &&
    dataView(await file.read(offset, 4)).getUint32(0, true) === directorySignature;
  const isMoved = before > claimed.offset && !(await isAt(claimed.offset)) && (await isAt(before));
  return isMoved
    ? { ...claimed, offset: before, prefix: before - claimed.offset }
    : { ...claimed, prefix: 0 };
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
