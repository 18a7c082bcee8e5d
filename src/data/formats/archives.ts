// The files in a folder, zip or tar archive, behind one interface.
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { openFile, withFile } from '../../storage/fileBytes.ts';
import { isFolder } from '../../storage/files.ts';
import { type FilesBelow, filesBelow } from '../../storage/folders.ts';
import {
  type Archive,
  type ArchiveOpener,
  isVisible,
  maxFileBytes,
  requireSize,
} from '../contract/archive.ts';
import type { Admit } from '../contract/budget.ts';
import { Budget } from '../contract/budget.ts';
import { isGzip, isZip } from './bytes.ts';
import { tidy } from './entryNames.ts';
import { isTarHeader, readTar, tarBlock } from './tar.ts';
import { hasZipDirectory } from './zipDirectory.ts';
import { zipFiles } from './zipStore.ts';

/** An `openArchive` that opens each path only once, so that a folder is listed only once. */
export function openingOnce(): ArchiveOpener {
  const stores = new Map<string, Promise<Archive>>();
  return (path) => {
    const store = stores.get(path) ?? openArchive(path);
    stores.set(path, store);
    return store;
  };
}

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
    if (isZip(start)) {
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
export async function openArchive(path: string, limit: number = maxFileBytes): Promise<Archive> {
  const kind = await storeKind(path);
  if (kind === undefined) {
    throw new UserError(
      'invalid-data',
      `${path}: corrupt, or not a folder, .zip, .tar or .tar.gz; use another copy`,
    );
  }
  const source = { folder: folderFiles, zip: zipFile, tar: tarFiles }[kind];
  return source(path, limit);
}

function zipFile(path: string, limit: number): Archive {
  return zipFiles(path, limit, () => openFile(path));
}

function folderFiles(path: string, limit: number): Archive {
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
    linksOut: () => (listed?.linksOut ?? []).filter(isVisible),
    irregular: () => (listed?.others ?? []).filter(isVisible),
    async *files(wanted) {
      const budget = source.pass();
      for (const name of (await names()).filter(wanted)) {
        const place = join(path, name);
        const read = (admit?: Admit): Promise<Uint8Array> =>
          withFile(place, async (file) => {
            requireSize(file.size, limit, place);
            budget.grow(file.size);
            await admit?.(file.size);
            return file.read(0, file.size);
          });
        yield { name, source: place, budget, read };
      }
    },
  };
}

function tarFiles(path: string, limit: number): Archive {
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
