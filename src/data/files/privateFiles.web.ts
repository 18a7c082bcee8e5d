// Files of runs in the browser's private file system for this page's origin, which survives a reload.
import { UserError } from '../../core/errors.ts';
import {
  asideName,
  contentBytes,
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
} from './fileStore.ts';

/** The folder of all runs. */
const FOLDER = 'emerging-flows';

/**
 * The files of a run in the browser's private file system for this page's origin.
 *
 * @param name of the run
 * @throws UserError (`unsupported`) if the browser refuses it, as in some private windows; (`invalid-argument`) for an
 *   invalid file name
 */
export async function open(name: string): Promise<FileStore> {
  requireFileName(name);
  await openRoot();
  if (!('createWritable' in FileSystemFileHandle.prototype)) {
    throw new UserError(
      'unsupported',
      'this browser is too old to write to its private file system from a page: use memoryFiles, and download the run',
    );
  }
  return new PrivateFiles(name);
}

/**
 * The names of the runs in the browser's private file system, in order.
 *
 * @throws UserError (`unsupported`) if the browser refuses it
 */
export async function list(): Promise<string[]> {
  const names: string[] = [];
  for await (const name of (await openRoot()).keys()) {
    names.push(name);
  }
  return names.sort();
}

/**
 * Removes a run from the browser's private file system, if it is there.
 *
 * @throws UserError (`unsupported`) if the browser refuses it; (`locked`) while it is trained
 */
export async function remove(name: string): Promise<void> {
  requireFileName(name);
  const root = await openRoot();
  const { release } = await lockName(name);
  try {
    await ifThere(root.removeEntry(name, { recursive: true }));
  } finally {
    await release();
  }
}

/** Every write copies the whole file, so appended text stays in memory until `flush`. */
class PrivateFiles implements FileStore {
  readonly name: string;
  /** The text to append to each file. */
  private readonly pending = new Map<string, string>();
  /** Resolves once all changes so far are done. */
  private changed: Promise<unknown> = Promise.resolve();

  constructor(name: string) {
    this.name = name;
  }

  resolvePath(file: string): string {
    return `${this.name}/${file}`;
  }

  list(below?: string): Promise<string[]> {
    return explained(`cannot list the files of ${this.name}`, async () => {
      const folder = await ifThere((await openRoot()).getDirectoryHandle(this.name));
      const names = folder === undefined ? [] : await namesIn(folder, '');
      return names.filter((name) => below === undefined || name.startsWith(`${below}/`)).sort();
    });
  }

  async read(file: string, check?: FileCheck): Promise<Uint8Array | undefined> {
    await this.flush(file);
    const path = this.resolvePath(file);
    const read = async (): Promise<Uint8Array | undefined> => {
      const { folder, last } = await this.openParent(file, false);
      const handle = folder && (await ifThere(folder.getFileHandle(last)));
      const content = handle && (await readContent(handle));
      if (content === undefined) {
        return undefined;
      }
      const start = async (length: number): Promise<Uint8Array> =>
        new Uint8Array(await content.slice(0, length).arrayBuffer());
      for (let length: number | undefined = 0; length !== undefined; ) {
        length = check?.(await start(length), content.size, path);
      }
      return await start(content.size);
    };
    return explained(`cannot read ${path}`, () => whileReplaced(read));
  }

  async blocks(file: string): Promise<Uint8Array[] | undefined> {
    const bytes = await this.read(file);
    return bytes && [bytes];
  }

  async write(file: string, content: FileContent): Promise<void> {
    this.pending.delete(file);
    const bytes = contentBytes(content);
    await this.afterOthers(() => this.save(file, bytes, { keepExistingData: false }));
  }

  append(file: string, text: string): void {
    this.pending.set(file, (this.pending.get(file) ?? '') + text);
  }

  flush(file: string): Promise<void> {
    return this.afterOthers(async () => {
      const text = this.pending.get(file) ?? '';
      if (text !== '') {
        this.pending.set(file, '');
        try {
          await this.save(file, contentBytes(text), { keepExistingData: true });
        } catch (error) {
          this.pending.set(file, text + (this.pending.get(file) ?? ''));
          throw error;
        }
      }
    });
  }

  remove(file: string): Promise<void> {
    this.pending.delete(file);
    const remove = async (): Promise<void> => {
      const { folder, last } = await this.openParent(file, false);
      if (folder !== undefined) {
        await ifThere(folder.removeEntry(last));
      }
    };
    return this.afterOthers(() => explained(`cannot remove ${this.resolvePath(file)}`, remove));
  }

  async setAside(file: string): Promise<string> {
    const names = await this.list();
    const aside = asideName(file, (name) => names.includes(name));
    await this.write(aside, (await this.read(file))!);
    await this.remove(file);
    return aside;
  }

  async lock(): Promise<FileLock> {
    const { renew, release } = await lockName(this.name);
    const flushAll = async (): Promise<void> => {
      for (const file of this.pending.keys()) {
        await this.flush(file);
      }
    };
    return { renew, release: () => flushAll().finally(release) };
  }

  /**
   * Makes a change once the changes before it are done: each replaces a whole file, so of two at once, one would be lost.
   * They overlap if a page reads a run while training it, because reading a log flushes it.
   */
  private afterOthers(change: () => Promise<void>): Promise<void> {
    const queued = this.changed.then(change);
    this.changed = queued.catch(() => {});
    return queued;
  }

  /** Writes a file, or the end of one that keeps its data. */
  private save(file: string, bytes: Uint8Array, options: FileSystemCreateWritableOptions): Promise<void> {
    return explained(`cannot save ${this.resolvePath(file)}`, async () => {
      const { folder, last } = await this.openParent(file, true);
      const handle = await folder!.getFileHandle(last, { create: true });
      // The file is replaced when the stream is closed, not before.
      const stream = await handle.createWritable(options);
      try {
        if (options.keepExistingData) {
          await stream.seek((await handle.getFile()).size);
        }
        await stream.write(bytes as Uint8Array<ArrayBuffer>);
        await stream.close();
      } catch (error) {
        await stream.abort().catch(() => {});
        throw error;
      }
    });
  }

  /** The folder of a file, undefined if it does not exist, and the last part of the file's name. */
  private async openParent(
    file: string,
    create: boolean,
  ): Promise<{ folder: FileSystemDirectoryHandle | undefined; last: string }> {
    const parts = [this.name, ...file.split('/')];
    const last = parts.pop()!;
    let folder: FileSystemDirectoryHandle | undefined = await openRoot();
    for (const part of parts) {
      folder = folder && (await ifThere(folder.getDirectoryHandle(part, { create })));
    }
    return { folder, last };
  }
}

function requireFileName(name: string): void {
  if (!/^[^/\\\0]+$/.test(name) || name === '.' || name === '..') {
    throw new UserError(
      'invalid-argument',
      `a run in the private file system needs a name without slashes, not '${name}'`,
    );
  }
}

/** Runs `work`; errors of the browser become UserErrors that begin with `subject`, such as 'cannot read x'. */
async function explained<Result>(subject: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof UserError
      ? cause
      : new UserError('io', `${subject}: ${describeReason(cause)}`, { cause });
  }
}

/** The folder of all runs; throws UserError (`unsupported`) if the browser refuses it. */
async function openRoot(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch (cause) {
    throw new UserError(
      'unsupported',
      `the browser offers this page no private file system (${describeReason(cause)}): use memoryFiles, and download the run`,
      { cause },
    );
  }
}

/** The names of the files in a folder and below it, each after `prefix`. */
async function namesIn(folder: FileSystemDirectoryHandle, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const [name, entry] of folder.entries()) {
    if (entry.kind === 'directory') {
      names.push(...(await namesIn(entry as FileSystemDirectoryHandle, `${prefix}${name}/`)));
    } else if ((await readContent(entry as FileSystemFileHandle)) !== undefined) {
      names.push(prefix + name);
    }
  }
  return names;
}

/**
 * The content of a file; undefined if it is empty. A browser creates a file empty: if its bytes were never saved, because
 * the disk was full or the page was closed, the file is treated as missing.
 */
async function readContent(handle: FileSystemFileHandle): Promise<File | undefined> {
  const file = await ifThere(handle.getFile());
  return file === undefined || file.size === 0 ? undefined : file;
}

/** How often a file is read that is replaced or removed meanwhile. */
const ATTEMPTS = 5;

/** Reads a file again if it is replaced or removed while it is read, as by another page that trains the run. */
async function whileReplaced<Content>(read: () => Promise<Content>): Promise<Content> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const isReplaced =
        error instanceof DOMException && ['NotFoundError', 'NotReadableError'].includes(error.name);
      if (!isReplaced || attempt === ATTEMPTS) {
        throw error;
      }
    }
  }
}

/** What a promise gives; undefined if an entry does not exist. */
async function ifThere<Value>(result: Promise<Value>): Promise<Value | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') {
      return undefined;
    }
    throw error;
  }
}

/** Locks a run, until its page is closed at the latest; throws UserError (`locked`) if another page or worker has. */
function lockName(name: string): Promise<FileLock> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(`${FOLDER}/${name}`, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        throw new UserError(
          'locked',
          `${name} is being trained in another page or worker: wait for it, or stop it`,
        );
      }
      return new Promise<void>((free) => {
        resolve({
          renew() {},
          release() {
            free();
            // Settles once the lock is free.
            return held;
          },
        });
      });
    });
    held.catch(reject);
  });
}

function describeReason(error: unknown): string {
  if (error instanceof DOMException && error.name === 'QuotaExceededError') {
    return 'this page has used up its storage in the browser; remove other runs, or free disk space';
  }
  return error instanceof Error ? error.message : String(error);
}
