// Opens images in a page: given files and folders, archives, prepared files, and images in memory. What reads them is loaded when
// it is needed.
import { UserError } from '../core/errors.ts';
import type { ImageShape } from '../core/numeric/index.ts';
import type {
  ExactImages,
  GivenFile,
  GivenFiles,
  GivenFolder,
  ImageSource,
  OpenedImages,
  OpenImagesOptions,
} from './givenImages.web.ts';
import type { ImageFileOptions, NamedImages } from './sources/namedImages.ts';

export type { GivenFile, GivenFiles, GivenFolder, OpenedImages } from './givenImages.web.ts';

/**
 * Opens images in a page or its worker: decoded as `openDataset` and `prepareDataset` do on Node, to the same pixels in
 * the same splits. With `size`, they are fitted to a square of that size, and corrupt ones are left out.
 *
 * @throws UserError if the images cannot be fetched or read, are corrupt, have several sizes without `size`, or do not
 * fit into memory
 */
export async function openImages(
  source: ImageSource,
  options: OpenImagesOptions = {},
): Promise<OpenedImages> {
  // The items of a drop are taken before anything is waited for.
  const [images, { openListed }] = await Promise.all([
    isGiven(source) ? listFiles(source) : source,
    import('./givenImages.web.ts'),
  ]);
  return openListed(images, options);
}

function isGiven(source: ImageSource): source is GivenFiles {
  const isOther =
    typeof source === 'string' || source instanceof URL || source instanceof Blob || 'imageShape' in source;
  return !isOther;
}

/**
 * Reads the images among the files given to a page, in a model's form, sorted by name. With several files, unreadable
 * images and other image formats are skipped, and files that are not images are ignored.
 *
 * @throws UserError if the only file cannot be read, an image has another size or colour type than `imageShape`, or no
 *   image remains
 */
export async function readImageFiles(
  givenFiles: GivenFiles,
  imageShape: ImageShape,
  options: ImageFileOptions = {},
): Promise<Omit<NamedImages, 'paths'>> {
  const [{ files }, { readGivenImages }] = await Promise.all([
    listFiles(givenFiles),
    import('./givenImages.web.ts'),
  ]);
  return readGivenImages(files, imageShape, options);
}

/**
 * The images among files that a page has been given, in their own sizes and with all their pixels, for `compress`: they are
 * read one by one, and need not fit into memory.
 */
export async function exactImages(files: readonly GivenFile[]): Promise<ExactImages> {
  const { findExactImages } = await import('./givenImages.web.ts');
  return findExactImages(files);
}

/**
 * All files that were given, at any depth. If they share a folder, their paths are those within it, as on disk.
 *
 * The items of a drop are only there until the event has been handled: they are taken at once, before anything is
 * waited for.
 *
 * @throws UserError if the browser cannot read a folder
 */
export async function listFiles(givenFiles: GivenFiles): Promise<GivenFolder> {
  if ('kind' in givenFiles) {
    return { name: givenFiles.name, files: await filesInHandle(givenFiles, '') };
  }
  const files: (GivenFile | Promise<GivenFile[]>)[] = [];
  for (const item of Array.from<File | DataTransferItem>(givenFiles)) {
    if (item instanceof File) {
      files.push({ path: item.webkitRelativePath || item.name, file: item });
      continue;
    }
    const entry = item.webkitGetAsEntry();
    const file = entry ? null : item.getAsFile();
    if (entry) {
      files.push(filesInEntry(entry, ''));
    } else if (file) {
      files.push({ path: file.name, file });
    }
  }
  return withinFolder((await Promise.all(files)).flat());
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
      // One by one: a folder may have more files than a call can have arguments.
      for (const file of handle.kind === 'directory'
        ? await filesInHandle(handle as FileSystemDirectoryHandle, `${name}/`)
        : [{ path: name, file: await (handle as FileSystemFileHandle).getFile() }]) {
        files.push(file);
      }
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
      for (const child of entries) {
        // One by one: a folder may have more files than a call can have arguments.
        for (const file of await filesInEntry(child, `${name}/`)) {
          files.push(file);
        }
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
