// Files that lie together, in a folder, a zip or a tar archive: one way to go through them.
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { openFile, type RandomAccess, withFile } from '../../storage/fileBytes.ts';
import { isFolder } from '../../storage/files.ts';
import { filesBelow } from '../../storage/folders.ts';
import { Budget } from '../budget.ts';
import type { Admit } from '../rawImages.ts';
import { charactersOf } from './bytes.ts';
import { readTar } from './tar.ts';
import { readZipEntry } from './zip.ts';
import { readZipDirectory } from './zipDirectory.ts';

/** One file of a folder or an archive. */
interface StoredFile {
  /** Its path within, with `/`. */
  readonly name: string;
  /** The path of the folder or archive, and the name: for messages. */
  readonly source: string;
  /** What the folder or archive may spend while someone goes through it. */
  readonly budget: Budget;
  /**
   * All its bytes.
   *
   * @param admit asked before memory is taken
   * @throws UserError that names the file if it is damaged or cannot be read
   */
  read(admit?: Admit): Promise<Uint8Array>;
}

/** Files that lie together. */
export interface FileStore {
  /** Where: the path of the folder or archive. */
  readonly path: string;
  /**
   * The names of all files but hidden ones: of a folder in the order of the alphabet, of an archive in its own. A folder
   * is listed once: what comes into it later is not seen.
   */
  names(): Promise<string[]>;
  /** The files that are wanted, in that order; throws UserError where an archive as a whole is damaged. */
  files(wanted: (name: string) => boolean): AsyncIterable<StoredFile>;
}

/** Opens a folder or an archive: `openStore`, or what `openingOnce` gives. */
export type OpenStore = (path: string) => Promise<FileStore>;

/** An `openStore` that opens each path once, so that all who look at a folder share one listing of it. */
export function openingOnce(): OpenStore {
  const stores = new Map<string, Promise<FileStore>>();
  return (path) => {
    const store = stores.get(path) ?? openStore(path);
    stores.set(path, store);
    return store;
  };
}

/** A file with more bytes is refused: 256 MiB, far more than any image has. */
export const maxFileBytes = 2 ** 28;

/**
 * The kind of archive at a path by the file's first bytes and its end; 'folder' for a folder.
 *
 * @throws UserError if it cannot be read
 */
export async function storeKind(path: string): Promise<'folder' | 'zip' | 'tar' | undefined> {
  if (isFolder(path)) {
    return 'folder';
  }
  return withFile(path, async (file) => {
    const text = charactersOf(await file.read(0, Math.min(262, file.size)));
    if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) {
      return 'zip';
    }
    const isTar =
      text.slice(257, 262) === 'ustar' || (text.startsWith('\x1f\x8b') && /\.(tar\.gz|tgz)$/i.test(path));
    return isTar ? 'tar' : undefined;
  });
}

/**
 * The files in a folder and below, or in an archive, whichever is at the path.
 *
 * @throws UserError if it is neither or cannot be read
 */
export async function openStore(path: string, limit: number = maxFileBytes): Promise<FileStore> {
  const kind = await storeKind(path);
  if (kind === undefined) {
    throw new UserError(
      'invalid-data',
      `${path}: damaged, or no folder, .zip, .tar or .tar.gz; use another copy`,
    );
  }
  const source = { folder: folderFiles, zip: zipFiles, tar: tarFiles }[kind];
  return source(path, limit);
}

function folderFiles(path: string, limit: number): FileStore {
  let listed: readonly string[] | undefined;
  const names = async (): Promise<string[]> => {
    listed ??= filesBelow(path).files.filter(isVisible);
    return [...listed];
  };
  const source = new Budget(path);
  return {
    path,
    names,
    async *files(wanted) {
      const budget = source.pass();
      for (const name of (await names()).filter(wanted)) {
        const place = join(path, name);
        const read = (admit?: Admit): Promise<Uint8Array> =>
          withFile(place, async (file) => {
            if (file.size > limit) {
              throw new UserError(
                'invalid-data',
                `${place}: too large: ${file.size} bytes, at most ${limit}`,
              );
            }
            budget.grow(file.size);
            await admit?.(file.size);
            return file.read(0, file.size);
          });
        yield { name, source: place, budget, read };
      }
    },
  };
}

function zipFiles(path: string, limit: number): FileStore {
  let source: Budget | undefined;
  return {
    path,
    names: () =>
      withFile(path, async (file) =>
        (await readZipDirectory(file, path)).map(({ name }) => name).filter(isVisible),
      ),
    async *files(wanted) {
      const archive = sharedFile(path);
      const file = await archive.acquire();
      try {
        source ??= new Budget(path, file.size);
        const budget = source.pass();
        for (const entry of await readZipDirectory(file, path)) {
          if (!isVisible(entry.name) || !wanted(entry.name)) {
            continue;
          }
          const read = async (admit?: Admit): Promise<Uint8Array> => {
            await admit?.(entry.size);
            const opened = await archive.acquire();
            try {
              return await readZipEntry(opened, entry, path, { limit, budget });
            } finally {
              await archive.release();
            }
          };
          yield { name: entry.name, source: `${path}: ${entry.name}`, budget, read };
        }
      } finally {
        await archive.release();
      }
    },
  };
}

/** A file that is open while someone uses it, also after those who came first have gone. */
function sharedFile(path: string): { acquire(): Promise<RandomAccess>; release(): Promise<void> } {
  let users = 0;
  let opened: ReturnType<typeof openFile> | undefined;
  return {
    async acquire() {
      opened ??= openFile(path);
      const { file } = await opened;
      users++;
      return file;
    },
    async release() {
      users--;
      if (users === 0) {
        const last = opened!;
        opened = undefined;
        await (await last).close();
      }
    },
  };
}

function tarFiles(path: string, limit: number): FileStore {
  let source: Budget | undefined;
  const pass = async (): Promise<Budget> => {
    source ??= await withFile(path, async ({ size }) => new Budget(path, size));
    return source.pass();
  };
  return {
    path,
    async names() {
      const names: string[] = [];
      const note = (name: string): boolean => {
        names.push(tidy(name));
        return false;
      };
      for await (const _ of readTar(path, note, { limit, budget: await pass() })) {
        // Nothing is wanted but the names.
      }
      return names.filter(isVisible);
    },
    async *files(wanted) {
      const budget = await pass();
      const isWanted = (name: string) => isVisible(tidy(name)) && wanted(tidy(name));
      for await (const { name, bytes } of readTar(path, isWanted, { limit, budget })) {
        const read = async (admit?: Admit): Promise<Uint8Array> => {
          await admit?.(bytes.length);
          return bytes;
        };
        yield { name: tidy(name), source: `${path}: ${tidy(name)}`, budget, read };
      }
    },
  };
}

/** Archives of a folder's content have names that begin with `../`. */
function tidy(name: string): string {
  return name.replace(/^(\.\/)+/, '');
}

/** Neither hidden nor what macOS adds to archives. */
function isVisible(name: string): boolean {
  return !/(^|\/)(\.|__MACOSX\/)/.test(name);
}
