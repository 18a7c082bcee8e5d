// The files in a folder, zip or tar archive, behind one interface.
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { openFile, type RandomAccess, withFile } from '../../storage/fileBytes.ts';
import { isFolder } from '../../storage/files.ts';
import { type FilesBelow, filesBelow } from '../../storage/folders.ts';
import { Budget } from '../budget.ts';
import type { Admit } from '../rawImages.ts';
import { charactersOf, isGzip } from './bytes.ts';
import { tidy } from './entryNames.ts';
import { isTarHeader, readTar, tarBlock } from './tar.ts';
import { readZipEntry } from './zip.ts';
import { hasZipDirectory, readZipDirectory } from './zipDirectory.ts';

/** One file of a folder or an archive. */
interface StoredFile {
  /** Its path in the folder or archive, with `/`. */
  readonly name: string;
  /** The path of the folder or archive, and the name, for messages. */
  readonly source: string;
  /** The budget of this pass over the folder or archive. */
  readonly budget: Budget;
  /**
   * Reads all of it.
   *
   * @param admit called before memory is allocated
   * @throws UserError with the file's name if it is corrupt or cannot be read
   */
  read(admit?: Admit): Promise<Uint8Array>;
}

/** The files in a folder or archive. */
export interface FileStore {
  /** The path of the folder or archive. */
  readonly path: string;
  readonly isArchive: boolean;
  /**
   * The names of all files except hidden ones: in alphabetical order for a folder, in stored order for an
   * archive, where a name may occur more than once. A folder is listed only once; files added later are not seen.
   */
  names(): Promise<string[]>;
  /** The names of the links in a tar archive, which are not read, as of the last call of `names`. */
  links?(): readonly string[];
  /** The names of what is no regular file in a folder (FIFOs, devices, links to folders), as of the last call of `names`. */
  irregular?(): readonly string[];
  /**
   * The files whose names are `wanted`, in that order; throws UserError if an archive as a whole is corrupt.
   */
  files(wanted: (name: string) => boolean): AsyncIterable<StoredFile>;
}

/** Opens a folder or archive: `openStore`, or the result of `openingOnce`. */
export type OpenStore = (path: string) => Promise<FileStore>;

/** An `openStore` that opens each path only once, so that a folder is listed only once. */
export function openingOnce(): OpenStore {
  const stores = new Map<string, Promise<FileStore>>();
  return (path) => {
    const store = stores.get(path) ?? openStore(path);
    stores.set(path, store);
    return store;
  };
}

/** Larger files are rejected: 256 MiB, far more than any image takes. */
export const maxFileBytes = 2 ** 28;

/**
 * The kind of archive at a path, by the file's first bytes, its end if it is named .zip or .exe (a zip archive after
 * a program that unpacks it), and its name; 'folder' for a folder.
 *
 * @throws UserError if it cannot be read
 */
export async function storeKind(path: string): Promise<'folder' | 'zip' | 'tar' | undefined> {
  if (isFolder(path)) {
    return 'folder';
  }
  return withFile(path, async (file) => {
    const start = await file.read(0, Math.min(tarBlock, file.size));
    const text = charactersOf(start.subarray(0, 4));
    if (text === 'PK\x03\x04' || text === 'PK\x05\x06') {
      return 'zip';
    }
    if (isTarHeader(start) || (isGzip(start) && /\.(tar\.gz|tgz)$/i.test(path))) {
      return 'tar';
    }
    return /\.(zip|exe)$/i.test(path) && (await hasZipDirectory(file)) ? 'zip' : undefined;
  });
}

/**
 * Opens the folder (with its subfolders) or archive at a path.
 *
 * @throws UserError if it is neither or cannot be read
 */
export async function openStore(path: string, limit: number = maxFileBytes): Promise<FileStore> {
  const kind = await storeKind(path);
  if (kind === undefined) {
    throw new UserError(
      'invalid-data',
      `${path}: corrupt, or not a folder, .zip, .tar or .tar.gz; use another copy`,
    );
  }
  const source = { folder: folderFiles, zip: zipFiles, tar: tarFiles }[kind];
  return source(path, limit);
}

function folderFiles(path: string, limit: number): FileStore {
  let listed: FilesBelow | undefined;
  const names = async (): Promise<string[]> => {
    listed ??= filesBelow(path);
    return listed.files.filter(isVisible);
  };
  const source = new Budget(path);
  return {
    path,
    isArchive: false,
    names,
    irregular: () => (listed?.others ?? []).filter(isVisible),
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
    isArchive: true,
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

/** A file that stays open while it has users, and is reopened for later ones. */
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
  let links: string[] = [];
  return {
    path,
    isArchive: true,
    links: () => links.filter(isVisible),
    async names() {
      const names: string[] = [];
      links = [];
      const record = (name: string): boolean => {
        names.push(tidy(name));
        return false;
      };
      const onLink = (name: string): number => links.push(tidy(name));
      for await (const _ of readTar(path, record, { limit, budget: await pass(), onLink })) {
        // Only the names are needed.
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

/** Neither hidden nor added to archives by macOS. */
function isVisible(name: string): boolean {
  return !/(^|\/)(\.|__MACOSX\/)/.test(name);
}
