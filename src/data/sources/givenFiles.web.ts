// The files that a page has been given: chosen, dropped, or in a folder that it may read.
import { UserError } from '../../errors.ts';
import type { GivenFile } from '../formats/blobStore.web.ts';

/** Files or folders of files: those of a file input or of a drop, or a folder that the page may read. */
export type GivenFiles = Iterable<File> | ArrayLike<File> | DataTransferItemList | FileSystemDirectoryHandle;

/** Files by their paths in a folder. */
export interface GivenFolder {
  /** The name of the folder; undefined for files that share none. */
  readonly name: string | undefined;
  /** The files, at any depth. */
  readonly files: readonly GivenFile[];
}

/**
 * All files that were given, at any depth. If they share a folder, their paths are those within it, as on disk.
 *
 * The items of a drop are only there until the event has been handled: they are taken at once, before anything is
 * waited for.
 *
 * @throws UserError if the browser cannot read a folder
 */
export async function filesOf(given: GivenFiles): Promise<GivenFolder> {
  if ('kind' in given) {
    return { name: given.name, files: await filesInHandle(given, '') };
  }
  const found: (GivenFile | Promise<GivenFile[]>)[] = [];
  for (const one of Array.from<File | DataTransferItem>(given)) {
    if (one instanceof File) {
      found.push({ path: one.webkitRelativePath || one.name, file: one });
      continue;
    }
    const entry = one.webkitGetAsEntry();
    const file = entry ? null : one.getAsFile();
    if (entry) {
      found.push(filesInEntry(entry, ''));
    } else if (file) {
      found.push({ path: file.name, file });
    }
  }
  return withinFolder((await Promise.all(found)).flat());
}

/** Paths without the folder that all of them begin with, if there is one. */
function withinFolder(files: readonly GivenFile[]): GivenFolder {
  const [root] = files[0]?.path.split('/') ?? [];
  const isShared = files.length > 0 && files.every(({ path }) => path.startsWith(`${root}/`));
  return isShared
    ? { name: root, files: files.map(({ path, file }) => ({ path: path.slice(root!.length + 1), file })) }
    : { name: undefined, files };
}

async function filesInHandle(folder: FileSystemDirectoryHandle, path: string): Promise<GivenFile[]> {
  const files: GivenFile[] = [];
  try {
    for await (const handle of folder.values()) {
      const name = `${path}${handle.name}`;
      files.push(
        ...(handle.kind === 'directory'
          ? await filesInHandle(handle as FileSystemDirectoryHandle, `${name}/`)
          : [{ path: name, file: await (handle as FileSystemFileHandle).getFile() }]),
      );
    }
  } catch (cause) {
    throw cannotRead(path || folder.name, cause);
  }
  return files;
}

async function filesInEntry(entry: FileSystemEntry, path: string): Promise<GivenFile[]> {
  const name = `${path}${entry.name}`;
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => {
        (entry as FileSystemFileEntry).file(resolve, reject);
      });
      return [{ path: name, file }];
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const files: GivenFile[] = [];
    for (;;) {
      // A folder is read in blocks, until one is empty.
      const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
        reader.readEntries(resolve, reject);
      });
      if (entries.length === 0) {
        return files;
      }
      for (const one of entries) {
        files.push(...(await filesInEntry(one, `${name}/`)));
      }
    }
  } catch (cause) {
    throw cannotRead(name, cause);
  }
}

function cannotRead(path: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return cause instanceof UserError
    ? cause
    : new UserError('io', `cannot read ${path}: ${why}; choose it again`, { cause });
}
