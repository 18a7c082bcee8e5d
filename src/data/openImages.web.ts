// Opens images in a page: given files and folders, archives, prepared files, and images in memory. What reads them is loaded when
// it is needed.
import { UserError } from '../core/errors.ts';
import type { ImageShape } from '../core/numeric/index.ts';
import type { FetchOptions } from '../core/platform/index.ts';
import type { Dataset, HoldOut, ImageSet } from './contract/dataset.ts';
import type { Crop } from './pixels/fitPicture.ts';
import type { ImageFileOptions, NamedImages } from './sources/namedImages.ts';

/** A file, and its path among those that were given with it, with `/`. */
export interface GivenFile {
  /** The path. */
  readonly path: string;
  /** The file. */
  readonly file: Blob;
}

/** Files or folders of files: from a file input or a drop, or a folder that the page may read. */
export type GivenFiles = Iterable<File> | ArrayLike<File> | DataTransferItemList | FileSystemDirectoryHandle;

/**
 * Where images come from: the URL of a prepared file or a zip archive, relative to the page if it is a string; such a
 * file in memory; the image files of a file input or a drop, with their folders; a folder that the page may read; or
 * images in memory (`imagesInMemory`).
 */
export type ImageSource = string | URL | Blob | GivenFiles | ImageSet;

/** How images are opened. */
export interface OpenImagesOptions extends Omit<FetchOptions, 'onProgress'> {
  /** What the dataset is called; by default the name of the file or folder. */
  readonly name?: string;
  /** Height and width that all images are fitted to; by default they must have the same size. */
  readonly size?: number;
  /** Grey (1) or colour (3), if they are fitted: by default colour for image files, else unchanged. */
  readonly channels?: 1 | 3;
  /** How images are made square, if they are fitted; by default the central square. */
  readonly crop?: Crop;
  /** Tiles with a smaller standard deviation, in units of 1/255, are left out; 1 by default. */
  readonly leastDeviation?: number;
  /** Whether duplicates of earlier images are left out, in any split, if images are fitted. */
  readonly unique?: boolean;
  /** The share of training images held out for validation: by default `auto`, as in `openDataset`, and of images cut into tiles 0.05. */
  readonly validation?: number;
  /** Repeats the split of an earlier call. */
  readonly holdOut?: HoldOut;
  /** Called with the bytes received or the images decoded, and their total if it is known. */
  onProgress?(done: number, total: number | undefined, unit: 'bytes' | 'images'): void;
  /** Called with a line for each corrupt image that is left out. */
  onDamaged?(reason: string): void;
}

/** The images that were opened. */
export interface OpenedImages extends Dataset {
  /** A line for each corrupt image, which was left out: only if images are fitted, else one is an error. */
  readonly damaged: readonly string[];
}

/** An image of a file, in its own size. */
export interface ExactImage {
  /** The path of the file. */
  readonly name: string;
  /** Height, width and channels, 1 or 3. */
  readonly shape: ImageShape;
  /** `[H, W, C]`, 8 bits per channel. */
  readonly pixels: Uint8Array;
  /** The bytes of the file. */
  readonly bytes: number;
}

/** Images that are not read yet. */
export interface ExactImages {
  /** How many there are, including those that will be skipped. */
  readonly count: number;
  /**
   * Reads one after the other; `skip` is called with the reason for each that can't be read without a loss, and with the path
   * of its file. `onSize` hears the size of each before it is decoded, and may refuse it by an error.
   */
  read(
    skip: (reason: string, path: string) => void,
    onSize?: (path: string, height: number, width: number) => void,
  ): AsyncGenerator<ExactImage>;
}

/** Files by their paths in a folder. */
export interface GivenFolder {
  /** The name of the folder; undefined for files that share none. */
  readonly name: string | undefined;
  /** The files, at any depth. */
  readonly files: readonly GivenFile[];
}

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
  const [images, { openFound }] = await Promise.all([
    isGiven(source) ? listFiles(source) : source,
    import('./givenImages.web.ts'),
  ]);
  return openFound(images, options);
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
      for (const child of entries) {
        files.push(...(await filesInEntry(child, `${name}/`)));
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
