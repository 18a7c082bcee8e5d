// Files by name, wherever they are: the contract of a folder on disk, of memory and of a browser's private file system; files
// in memory; and bytes with random access.
import { UserError } from '../../core/errors.ts';
import { copied, joinBytes } from '../../core/numeric/index.ts';

type Awaitable<Value> = Value | Promise<Value>;

/** The content of a file: bytes, text, or blocks of bytes, each valid until the next. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array>;

/**
 * Checks the size and the first bytes of a file before it is read: files may come from anyone.
 *
 * @param start its first bytes; none in the first call
 * @param path the file, for errors
 * @returns how many first bytes the check needs; undefined if the file may be read
 * @throws UserError if it may not
 */
export type FileCheck = (start: Uint8Array, size: number, path: string) => number | undefined;

/** Whether a name, a path with `/`, has no part that is empty, `.` or `..`. */
export function isPlainPath(name: string): boolean {
  return !name.includes('\0') && !name.split('/').some((part) => ['', '.', '..'].includes(part));
}

/** A lock on files: only its holder may change them. */
export interface FileLock {
  /** Shows others that the holder is alive; call it often. */
  renew(): void;
  /** Releases the lock. */
  release(): Awaitable<void>;
}

/**
 * Files by name, such as `checkpoints/step-00000040.safetensors`. Every method throws a UserError if it cannot read or
 * write.
 */
export interface FileStore {
  /** Their name in messages: the path of a folder, or another name. */
  readonly name: string;
  /** The path of a file in messages. */
  resolvePath(name: string): string;
  /** The names of all files, or of those below a folder. */
  list(folder?: string): Awaitable<string[]>;
  /**
   * The bytes of a file; undefined if there is none.
   *
   * @param check called before it is read, unless it is in memory already; on disk the default limit is 1 MiB
   */
  read(name: string, check?: FileCheck): Awaitable<Uint8Array | undefined>;
  /**
   * The bytes of a file in blocks, each valid until the next; undefined if the file does not exist.
   *
   * @param limit the maximum size of a file on disk
   */
  blocks(name: string, limit?: number): Awaitable<Iterable<Uint8Array> | undefined>;
  /** Writes a file, which is replaced as a whole or not at all. Bytes may be kept, not copied. */
  write(name: string, content: FileContent): Awaitable<void>;
  /** Adds text to a file, which is created if it does not exist. It may stay in memory until `flush`. */
  append(name: string, text: string): Awaitable<void>;
  /** Saves what was appended to a file, so that it survives a power cut. */
  flush(name: string): Awaitable<void>;
  /** Removes a file, if it exists. */
  remove(name: string): Awaitable<void>;
  /** Renames a file to the first free one of `….damaged`, `….damaged-2`, …; returns its new name. */
  setAside(name: string): Awaitable<string>;
  /**
   * Locks the files.
   *
   * @throws UserError (`locked`) if another trainer holds the lock
   */
  lock(): Awaitable<FileLock>;
}

/** A check for files of at most so many bytes. */
export function atMost(limit: number): FileCheck {
  return (_, size, path) => {
    if (size > limit) {
      throw new UserError(
        'invalid-data',
        `cannot read ${path}: ${size} bytes are too many for this kind of file (limit ${limit}); replace it or move it away`,
      );
    }
    return undefined;
  };
}

/** The first free name for a file that is set aside. */
export function asideName(name: string, isTaken: (name: string) => boolean): string {
  let aside = `${name}.damaged`;
  for (let number = 2; isTaken(aside); number++) {
    aside = `${name}.damaged-${number}`;
  }
  return aside;
}

/** Content as bytes, which are copied only if they come in blocks. */
export function contentBytes(content: FileContent): Uint8Array {
  if (typeof content === 'string') {
    return new TextEncoder().encode(content);
  }
  // Blocks may share memory.
  return content instanceof Uint8Array ? content : joinBytes(Array.from(content, (block) => copied(block)));
}

/** All files by name, to download a run or to load its model. */
export async function readFiles(files: FileStore): Promise<Record<string, Uint8Array>> {
  const contents: Record<string, Uint8Array> = {};
  for (const name of await files.list()) {
    const bytes = await files.read(name);
    // A run that is being trained may have removed a checkpoint since.
    if (bytes !== undefined) {
      contents[name] = bytes;
    }
  }
  return contents;
}

/** Files in memory, such as the files of a downloaded run. */
export function memoryFiles(name: string, files: Readonly<Record<string, Uint8Array>> = {}): FileStore {
  /** The bytes of each file, in the pieces that were written. */
  const stored = new Map(Object.entries(files).map(([file, bytes]) => [file, [bytes]]));
  let locked = false;
  return {
    name,
    resolvePath: (file) => `${name}/${file}`,
    list: (folder) =>
      [...stored.keys()].filter((file) => folder === undefined || file.startsWith(`${folder}/`)).sort(),
    read(file) {
      const pieces = stored.get(file);
      return pieces?.length === 1 ? pieces[0] : pieces && joinBytes(pieces);
    },
    blocks: (file) => stored.get(file),
    write(file, content) {
      stored.set(file, [contentBytes(content)]);
    },
    append(file, text) {
      stored
        .set(file, stored.get(file) ?? [])
        .get(file)!
        .push(contentBytes(text));
    },
    flush() {},
    remove(file) {
      stored.delete(file);
    },
    setAside(file) {
      const aside = asideName(file, (candidate) => stored.has(candidate));
      stored.set(aside, stored.get(file)!);
      stored.delete(file);
      return aside;
    },
    lock() {
      if (locked) {
        throw new UserError('locked', `${name} is already being trained: wait for it, or stop it`);
      }
      locked = true;
      return {
        renew() {},
        release() {
          locked = false;
        },
      };
    },
  };
}

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
