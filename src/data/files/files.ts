// Files on disk: what is at a path, and its bytes, read within limits and with readable errors.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { cannotRead, hasCode, reasonFor, wrongPath } from './fileErrors.ts';
import { atMost, checkRange, type FileCheck, maxBytesAtOnce, type RandomAccess } from './fileStore.ts';
import type { JsonObject } from './jsonText.ts';
import { type LineCheck, longestLog, parseJsonLines } from './logs.ts';

/** A FIFO is opened without waiting for its writer, and a terminal is not taken over. Not all systems have the flags. */
const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
const BLOCK_BYTES = 2 ** 20;
/** The same for a file that is shorter, or empty so far. */
const LEAST_BLOCK_BYTES = 2 ** 12;
/** The most bytes of a small text file: one that a person reads and edits. */
export const largestText = 2 ** 20;
/** The MiB of a log that `readLastJsonLines` reads, enough for about 200,000 steps. */
export const LAST_MIB = 16;

interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Whether a path exists.
 *
 * @throws UserError if the system denies access
 */
export function exists(path: string): boolean {
  return readStatus(path) !== undefined;
}

/** Whether a path is a folder; throws as `exists` does. */
export function isFolder(path: string): boolean {
  return readStatus(path)?.isDirectory() === true;
}

/** When a file was last written, in milliseconds since 1970; undefined if it does not exist. */
export function lastWritten(path: string): number | undefined {
  return readStatus(path)?.mtimeMs;
}

/** The status of the entry at a path, without following a link; undefined if there is none. */
export function entryAt(path: string): Stats | undefined {
  return readStatus(path, lstatSync);
}

/** The status of a path; undefined if it does not exist. If a parent is a file, writing there reports it. */
function readStatus(path: string, status = statSync): Stats | undefined {
  try {
    return status(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) {
      return undefined;
    }
    throw cannotRead(path, error);
  }
}

/** The path with links resolved, if it exists. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

/**
 * Rejects a path that doesn't exist.
 *
 * @throws UserError (`not-found`) if so
 */
export function requireExists(path: string): void {
  if (!exists(path)) {
    throw wrongPath(path, 'read', 'ENOENT');
  }
}

/**
 * Opens a file for reading, without ever waiting for it.
 *
 * @returns its descriptor
 * @throws UserError that names the file if it cannot be opened, or is a folder, a FIFO or a device
 */
export function openRegularFile(path: string): number {
  let file: number | undefined;
  try {
    file = openSync(path, withoutWaiting);
    requireRegular(path, fstatSync(file));
    return file;
  } catch (cause) {
    if (file !== undefined) {
      closeSync(file);
    }
    throw cannotRead(path, cause);
  }
}

/** Checks the opened file rather than its path, which may refer to another file by now. */
function requireRegular(path: string, status: Stats): void {
  if (status.isDirectory()) {
    throw new UserError('io', `cannot read ${path}: ${reasonFor('EISDIR', path)}`);
  }
  if (!status.isFile()) {
    throw new UserError('invalid-data', `cannot read ${path}: it is not a regular file; name one`);
  }
}

function whileOpen<T>(path: string, use: (file: number) => T): T {
  const file = openRegularFile(path);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/**
 * All bytes of a file.
 *
 * @param limit the maximum size: files may come from anyone, so every reader sets one
 * @throws UserError as `openRegularFile` does, or if it is larger
 */
export function readBytes(path: string, limit: number): Uint8Array {
  return whileOpen(path, (file) => readToEnd(file, path, limit));
}

/**
 * All bytes of a file of at most 2 GiB.
 *
 * @throws UserError as `openRegularFile` does; what `check` throws
 */
export function readChecked(path: string, check: FileCheck): Uint8Array {
  return whileOpen(path, (file) => {
    const { size } = fstatSync(file);
    for (let length: number | undefined = 0; length !== undefined; ) {
      length = check(readFully(file, path, new Uint8Array(length)), size, path);
    }
    const bytes = readToEnd(file, path, maxBytesAtOnce);
    if (bytes.length > size) {
      check(bytes, bytes.length, path);
    }
    return bytes;
  });
}

/** The whole of a UTF-8 file, by default of at most 1 MiB; throws as `readBytes` does. */
export function readText(path: string, limit = largestText): string {
  return new TextDecoder().decode(readBytes(path, limit));
}

/** The same with its path, such as of a configuration. */
export function readTextFile(path: string): TextFile {
  return { path, text: readText(path) };
}

/** The same for a file that the user has named, which may be a pipe or a terminal: it is read to its end. */
export function readTextStream(path: string): TextFile {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return { path, text: new TextDecoder().decode(readToEnd(file, path, largestText)) };
  } catch (error) {
    throw cannotRead(path, error);
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}

/**
 * The bytes of a file of any size, read on demand in blocks of at most 1 MiB. A block is valid until the next is read.
 *
 * @param limit the maximum size; by default unlimited
 * @param from the byte to begin at
 * @throws UserError as `openRegularFile` does, or if it is larger
 */
export function* readBlocks(path: string, limit = Number.POSITIVE_INFINITY, from = 0): Generator<Uint8Array> {
  const file = openRegularFile(path);
  try {
    const { size } = fstatSync(file);
    requireAtMost(path, size, limit);
    // It may grow meanwhile.
    const block = new Uint8Array(Math.min(BLOCK_BYTES, Math.max(LEAST_BLOCK_BYTES, size - from)));
    let length = -1;
    for (let position = from; length !== 0; position += length) {
      length = readInto(block, 0, file, path, position);
      if (length > 0) {
        yield block.subarray(0, length);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** The text of a UTF-8 file in blocks, read on demand; throws as `readBlocks` does. */
export function* textBlocks(path: string, limit: number): Generator<string, void, void> {
  const decoder = new TextDecoder();
  for (const block of readBlocks(path, limit)) {
    yield decoder.decode(block, { stream: true });
  }
  yield decoder.decode();
}

/** The lines of a log, read on demand by `parseJsonLines`; none if it does not exist yet. */
export function readJsonLines(path: string, check?: LineCheck): Iterable<JsonObject> {
  return exists(path) ? parseJsonLines({ path, blocks: readBlocks(path, longestLog) }, check) : [];
}

/** The same, but of a longer log only those in its last bytes, by default 16 MiB; `isCut` tells whether there are lines before them. */
export function readLastJsonLines(
  path: string,
  check: LineCheck,
  bytes = LAST_MIB * 2 ** 20,
): { readonly lines: Iterable<JsonObject>; readonly isCut: boolean } {
  const from = (readStatus(path)?.size ?? 0) - bytes;
  if (from <= 0) {
    return { lines: readJsonLines(path, check), isCut: false };
  }
  const end = { path, blocks: readBlocks(path, longestLog, from), end: `${bytes / 2 ** 20} MiB` };
  return { lines: parseJsonLines(end, check), isCut: true };
}

/** Opens a file with random access, until `close`; throws UserError as `openRegularFile` does. */
export async function openFile(path: string): Promise<{ file: RandomAccess; close(): Promise<void> }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, withoutWaiting);
    const status = await handle.stat();
    requireRegular(path, status);
    return { file: randomAccess(path, handle, status.size), close: () => handle!.close() };
  } catch (cause) {
    await handle?.close();
    throw cannotRead(path, cause);
  }
}

/** Opens a file with random access while `use` runs; throws as `openFile` does. */
export async function withFile<T>(path: string, use: (file: RandomAccess) => Promise<T>): Promise<T> {
  const { file, close } = await openFile(path);
  try {
    return await use(file);
  } finally {
    await close();
  }
}

/**
 * All bytes of a file, without blocking.
 *
 * @param limit the maximum size; by default 2 GiB
 * @throws UserError as `openFile` does, or if it is larger
 */
export function readWhole(path: string, limit = maxBytesAtOnce): Promise<Uint8Array> {
  return withFile(path, (file) => {
    requireAtMost(path, file.size, limit);
    return file.read(0, file.size);
  });
}

function randomAccess(path: string, handle: FileHandle, size: number): RandomAccess {
  return {
    size,
    async read(offset, length) {
      checkRange(path, size, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle
          .read(bytes, done, length - done, offset + done)
          .catch((cause: unknown) => {
            throw cannotRead(path, cause);
          });
        if (bytesRead === 0) {
          throw truncated(path);
        }
        done += bytesRead;
      }
      return bytes;
    },
  };
}

/** Reads an open file to its end; throws UserError if it is larger than `limit`, without reading more. */
function readToEnd(file: number, path: string, limit: number): Uint8Array {
  const { size } = fstatSync(file);
  requireAtMost(path, size, limit);
  // One byte more, since a pipe reports size 0 and a file may grow.
  let bytes = new Uint8Array(Math.min(limit, Math.max(size, 2 ** 12)) + 1);
  let length = 0;
  for (let read = -1; read !== 0; length += read) {
    if (length === bytes.length) {
      requireAtMost(path, length, limit);
      const longer = new Uint8Array(Math.min(limit + 1, 2 * length));
      longer.set(bytes);
      bytes = longer;
    }
    read = readInto(bytes, length, file, path);
  }
  requireAtMost(path, length, limit);
  return bytes.subarray(0, length);
}

/** The first bytes of a file, at most `length`; throws as `openRegularFile` does. */
export function readFirst(path: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return whileOpen(path, (file) => bytes.subarray(0, readInto(bytes, 0, file, path, 0)));
}

/** Fills `bytes` from a position of an open file; throws UserError if it has fewer. */
export function readFully(file: number, path: string, bytes: Uint8Array, position = 0): Uint8Array {
  for (let done = 0; done < bytes.length; ) {
    const read = readInto(bytes, done, file, path, position + done);
    if (read === 0) {
      throw truncated(path);
    }
    done += read;
  }
  return bytes;
}

/** Reads on from where the last call ended, or from `position`. */
function readInto(
  bytes: Uint8Array,
  offset: number,
  file: number,
  path: string,
  position: number | null = null,
): number {
  try {
    return readSync(file, bytes, offset, Math.min(bytes.length - offset, maxBytesAtOnce), position);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function requireAtMost(path: string, size: number, limit: number): void {
  atMost(limit)(new Uint8Array(), size, path);
}

function truncated(path: string): UserError {
  return new UserError('invalid-data', `${path}: it was truncated while it was being read`);
}
