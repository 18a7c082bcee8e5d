// The files of a folder on disk, which may come from a stranger.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClosedFolder } from './closedFolder.ts';
import { blocksOf, readChecked } from './fileBytes.ts';
import { explainFileError } from './fileErrors.ts';
import {
  asideName,
  atMost,
  type FileCheck,
  type FileContent,
  type FileLock,
  type FileStore,
} from './fileStore.ts';
import { entryAt, exists, largestText } from './files.ts';
import { folderOf, pathFrom, pathIn } from './folders.ts';

/** The files of a folder: links in it are followed when reading, and never when writing. */
export class FolderFiles implements FileStore {
  readonly name: string;
  /** Locks the files. */
  readonly lock: () => FileLock;
  private readonly folder: ClosedFolder;

  constructor(folder: ClosedFolder, lock?: () => FileLock) {
    this.name = folder.path;
    this.folder = folder;
    this.lock =
      lock ??
      (() => {
        throw new Error(`${folder.path} is only read`);
      });
  }

  pathOf(name: string): string {
    return pathIn(this.name, name);
  }

  list(folder = ''): string[] {
    const path = this.pathOf(folder);
    if (!exists(path)) {
      return [];
    }
    try {
      return readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => pathFrom(this.name, join(entry.parentPath, entry.name)))
        .sort();
    } catch (error) {
      throw explainFileError(error, path, 'read the folder');
    }
  }

  read(name: string, check: FileCheck = atMost(largestText)): Uint8Array | undefined {
    const path = this.pathOf(name);
    return exists(path) ? readChecked(path, check) : undefined;
  }

  blocks(name: string, most?: number): Iterable<Uint8Array> | undefined {
    const path = this.pathOf(name);
    return exists(path) ? blocksOf(path, most) : undefined;
  }

  write(name: string, content: FileContent): void {
    const path = this.pathOf(name);
    this.folder.makeFolder(folderOf(path));
    this.folder.write(path, content);
  }

  append(name: string, text: string): void {
    this.folder.append(this.pathOf(name), text);
  }

  flush(name: string): void {
    this.folder.flush(this.pathOf(name));
  }

  remove(name: string): void {
    this.folder.remove(this.pathOf(name));
  }

  setAside(name: string): string {
    const aside = asideName(name, (one) => entryAt(this.pathOf(one)) !== undefined);
    this.folder.rename(this.pathOf(name), this.pathOf(aside));
    return aside;
  }
}
