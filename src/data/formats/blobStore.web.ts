// Files that a page has been given, in the form of a folder or archive.
import { UserError } from '../../core/errors.ts';
import { type Archive, isVisible, maxFileBytes, requireSize } from '../contract/archive.ts';
import { Budget } from '../contract/budget.ts';
import { checkRange, type RandomAccess } from '../files/randomAccess.ts';
import { zipFiles } from './zip.ts';

/** A file, and its path among those that were given with it, with `/`. */
export interface GivenFile {
  /** The path. */
  readonly path: string;
  /** The file. */
  readonly file: Blob;
}

/**
 * Files presented as a folder, in alphabetical order. Files from several folders may have the same path; all are kept.
 *
 * @param folder the name of the folder, for errors
 */
export function folderOfFiles(folder: string, givenFiles: readonly GivenFile[]): Archive {
  const files = givenFiles
    .filter(({ path }) => isVisible(path))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const source = new Budget(folder);
  return {
    path: folder,
    isArchive: false,
    names: async () => files.map(({ path }) => path),
    async *files(wanted) {
      const budget = source.pass();
      for (const { path: name, file } of files.filter(({ path }) => wanted(path))) {
        const filePath = `${folder}/${name}`;
        yield {
          name,
          source: filePath,
          budget,
          async read(admit) {
            requireSize(file.size, maxFileBytes, filePath);
            budget.grow(file.size);
            await admit?.(file.size);
            return readBytes(file, filePath);
          },
        };
      }
    },
  };
}

/** The files of a zip archive that a page has been given. */
export function zipOfBlob(name: string, archive: Blob): Archive {
  return zipFiles(name, maxFileBytes, async () => ({ file: accessTo(archive, name), close: async () => {} }));
}

/** All bytes of a file; throws UserError if the browser cannot read it. */
export async function readBytes(file: Blob, source: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError('io', `cannot read ${source}: ${why}; choose it again`, { cause });
  }
}

function accessTo(file: Blob, source: string): RandomAccess {
  return {
    size: file.size,
    async read(offset, length) {
      checkRange(source, file.size, offset, length);
      return readBytes(file.slice(offset, offset + length), source);
    },
  };
}
