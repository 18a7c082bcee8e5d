// Bytes of files, whole or with random access; errors name the file.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { cannotRead, reasonFor } from './fileErrors.ts';
import { atMost, type FileCheck } from './fileStore.ts';
import { checkRange, maxBytesAtOnce, type RandomAccess } from './randomAccess.ts';

/** A FIFO is opened without waiting for its writer, and a terminal is not taken over. Not all systems have the flags. */
const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * Opens a file while `use` runs.
 *
 * @throws UserError that names the file if it cannot be opened or read, or is not a regular file
 */
export async function withFile<T>(path: string, use: (file: RandomAccess) => Promise<T>): Promise<T> {
  const opened = await openFile(path);
  try {
    return await use(opened.file);
  } finally {
    await opened.close();
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

/** The bytes per read of `blocksOf`. */
const BLOCK_BYTES = 2 ** 20;

/**
 * The bytes of a file of any size, read on demand in blocks of at most 1 MiB. A block is valid until the next is read.
 *
 * @param most the maximum size; by default unlimited
 * @param from the byte to begin at
 * @throws UserError as `openRegularFile` does, or if it is larger
 */
export function* blocksOf(path: string, most = Number.POSITIVE_INFINITY, from = 0): Generator<Uint8Array> {
  const file = openRegularFile(path);
  try {
    requireAtMost(path, fstatSync(file).size, most);
    const block = new Uint8Array(BLOCK_BYTES);
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

/** The text of a UTF-8 file in blocks, read on demand; throws as `blocksOf` does. */
export function* textBlocks(path: string, most: number): Generator<string, void, void> {
  const decoder = new TextDecoder();
  for (const block of blocksOf(path, most)) {
    yield decoder.decode(block, { stream: true });
  }
  yield decoder.decode();
}

/**
 * Reads an open file to its end.
 *
 * @param path its path, for errors
 * @param most the maximum size
 * @throws UserError (`invalid-data`) if it is larger, without reading more
 */
export function readToEnd(file: number, path: string, most: number): Uint8Array {
  const { size } = fstatSync(file);
  requireAtMost(path, size, most);
  // One byte more, since a pipe reports size 0 and a file may grow.
  let bytes = new Uint8Array(Math.min(most, Math.max(size, 2 ** 12)) + 1);
  let length = 0;
  for (let read = -1; read !== 0; length += read) {
    if (length === bytes.length) {
      requireAtMost(path, length, most);
      const longer = new Uint8Array(Math.min(most + 1, 2 * length));
      longer.set(bytes);
      bytes = longer;
    }
    read = readInto(bytes, length, file, path);
  }
  requireAtMost(path, length, most);
  return bytes.subarray(0, length);
}

/**
 * The first `length` bytes of an open file, which is then still read from its start.
 *
 * @param path its path, for errors
 * @throws UserError if it has fewer
 */
function readStart(file: number, path: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = readInto(bytes, done, file, path, done);
    if (read === 0) {
      throw truncated(path);
    }
    done += read;
  }
  return bytes;
}

/**
 * All bytes of a file of at most 2 GiB.
 *
 * @throws UserError as `openRegularFile` does; what `check` throws
 */
export function readChecked(path: string, check: FileCheck): Uint8Array {
  const file = openRegularFile(path);
  try {
    const { size } = fstatSync(file);
    for (let length: number | undefined = 0; length !== undefined; ) {
      length = check(readStart(file, path, length), size, path);
    }
    const bytes = readToEnd(file, path, maxBytesAtOnce);
    if (bytes.length > size) {
      check(bytes, bytes.length, path);
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

function requireAtMost(path: string, size: number, most: number): void {
  atMost(most)(new Uint8Array(), size, path);
}

function truncated(path: string): UserError {
  return new UserError('invalid-data', `${path}: it was truncated while it was being read`);
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

/** Opens a file, which stays open until `close`; otherwise like `withFile`. */
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

/** Checks the opened file rather than its path, which may refer to another file by now. */
function requireRegular(path: string, status: Stats): void {
  if (status.isDirectory()) {
    throw new UserError('io', `cannot read ${path}: ${reasonFor('EISDIR', path)}`);
  }
  if (!status.isFile()) {
    throw new UserError('invalid-data', `cannot read ${path}: it is not a regular file; name one`);
  }
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

/**
 * All bytes of a file.
 *
 * @param most the maximum size; by default 2 GiB
 * @throws UserError that names the file if it cannot be read or is larger
 */
export function readWhole(path: string, most = maxBytesAtOnce): Promise<Uint8Array> {
  return withFile(path, (file) => {
    requireAtMost(path, file.size, most);
    return file.read(0, file.size);
  });
}
