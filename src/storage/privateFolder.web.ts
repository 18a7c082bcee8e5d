// Access to the browser's private file system for this page's origin: its folder of runs, locks, and readable errors.
import { UserError } from '../errors.ts';
import type { FileLock } from './fileStore.ts';

/** The folder of all runs. */
const FOLDER = 'emerging-flows';

/** Runs `work`; errors of the browser become UserErrors that begin with `what`, such as 'cannot read x'. */
export async function explained<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof UserError ? cause : new UserError('io', `${what}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * The folder of all runs.
 *
 * @throws UserError (`unsupported`) if the browser refuses it
 */
export async function openRoot(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch (cause) {
    throw new UserError(
      'unsupported',
      `the browser offers this page no private file system (${reasonOf(cause)}): use memoryFiles, and download the run`,
      { cause },
    );
  }
}

/** The names of the files in a folder and below it, each after `prefix`. */
export async function namesIn(folder: FileSystemDirectoryHandle, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const [name, entry] of folder.entries()) {
    if (entry.kind === 'directory') {
      names.push(...(await namesIn(entry as FileSystemDirectoryHandle, `${prefix}${name}/`)));
    } else if ((await contentOf(entry as FileSystemFileHandle)) !== undefined) {
      names.push(prefix + name);
    }
  }
  return names;
}

/**
 * The content of a file; undefined if it is empty. A browser creates a file empty: if its bytes were never saved, because
 * the disk was full or the page was closed, the file counts as missing.
 */
export async function contentOf(handle: FileSystemFileHandle): Promise<File | undefined> {
  const file = await ifThere(handle.getFile());
  return file === undefined || file.size === 0 ? undefined : file;
}

/** What a promise gives; undefined if an entry does not exist. */
export async function ifThere<Value>(found: Promise<Value>): Promise<Value | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') {
      return undefined;
    }
    throw error;
  }
}

/**
 * Locks a run. If a page is closed, the browser releases its locks.
 *
 * @throws UserError (`locked`) if another page or worker holds the lock
 */
export function lockName(name: string): Promise<FileLock> {
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

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'QuotaExceededError') {
    return 'this page has used up its storage in the browser; remove other runs, or free disk space';
  }
  return error instanceof Error ? error.message : String(error);
}
