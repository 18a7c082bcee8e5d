// The images that a page has been given: opened as a dataset, or read one by one. Loaded late, for its decoders.
import { option, phrase, UserError } from '../core/errors.ts';
import { type ImageShape, showImageShape } from '../core/numeric/index.ts';
import { type FetchOptions, fetchBytes, resolveUrl } from '../core/platform/index.ts';
import {
  type Dataset,
  type DatasetSource,
  defaultValidation,
  type HoldOut,
  type ImageSet,
  type Split,
  subset,
} from './contract/dataset.ts';
import { countPictures, type RawDataset, toRawDataset } from './contract/rawImages.ts';
import {
  type Archive,
  Budget,
  isVisible,
  maxFileBytes,
  OverBudget,
  requireSize,
} from './contract/reading.ts';
import { checkRange, type RandomAccess } from './files/fileStore.ts';
import { isGzip, isZip } from './formats/bytes.ts';
import {
  decodeImage,
  imageFormats,
  imageName,
  imagesAmong,
  otherImageName,
} from './formats/imageDecoding.ts';
import { zipFiles } from './formats/zip.ts';
import { createDataset } from './heldOut.ts';
import {
  openGzipped,
  openInMemory,
  packedInMemory,
  packedSource,
  withHeader,
} from './packed/packedImages.ts';
import { isPacked } from './packed/packedLayout.ts';
import { MemoryTarget } from './packed/packedWriter.ts';
import { defaultLeastDeviation, prepare } from './packed/packImages.ts';
import { exactPixels } from './pixels/fitImage.ts';
import { type Crop, type FitOptions, requireFit } from './pixels/fitPicture.ts';
import { loadImages } from './sources/loadImages.ts';
import {
  type FoundImages,
  fittedImages,
  type ImageFileOptions,
  type NamedImages,
} from './sources/namedImages.ts';
import { divide } from './sources/splitOfName.ts';
import { storedImages } from './sources/storedImages.ts';

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
  /** The name of the dataset; by default that of the file or folder. */
  readonly name?: string;
  /** Height and width that all images are fitted to; by default they must have the same size. */
  readonly size?: number;
  /** Grey (1) or colour (3), if they are fitted: by default colour for image files, else unchanged. */
  readonly channels?: 1 | 3;
  /** How images are made square, if they are fitted; by default the central square. */
  readonly crop?: Crop;
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

interface NamedDataset {
  readonly name: string;
  readonly raw: RawDataset;
}

/** Opens images whose files, if they are files, have been found. */
export async function openListed(
  source: Exclude<ImageSource, GivenFiles> | GivenFolder,
  options: OpenImagesOptions,
): Promise<OpenedImages> {
  const { validation = defaultValidation, holdOut } = options;
  const images = await find(source, options);
  const { opened, damaged } = await toOneShape(images, options);
  return { ...createDataset(images.name, opened, { validation, holdOut }), damaged };
}

async function find(
  source: Exclude<ImageSource, GivenFiles> | GivenFolder,
  options: OpenImagesOptions,
): Promise<NamedDataset> {
  if (typeof source === 'string' || source instanceof URL) {
    const { href, pathname } = resolveUrl(source);
    const { onProgress, ...others } = options;
    const bytes = await fetchBytes(
      href,
      {
        ...others,
        ...(onProgress && { onProgress: (done, total) => onProgress(done, total, 'bytes') }),
      },
      { advice: 'give the URL of a prepared file or a zip archive' },
    );
    return inFile(new Blob([bytes]), options.name ?? (pathname.split('/').at(-1) || href));
  }
  if (source instanceof Blob) {
    return inFile(source, options.name ?? (source instanceof File ? source.name : 'images'));
  }
  if ('imageShape' in source) {
    return inArray(source, options.name ?? 'images');
  }
  const { name: folder, files } = source;
  const [only] = files;
  if (files.length === 1 && only && !(await isImageFile(only.file))) {
    return inFile(only.file, options.name ?? only.path);
  }
  const name = options.name ?? folder ?? 'files';
  return { name, raw: await storedImages(folderOfFiles(name, files)) };
}

/** Neither an archive nor a prepared file. */
async function isImageFile(file: Blob): Promise<boolean> {
  const start = await readStart(file, 'file');
  return !(isZip(start) || isGzip(start) || isPacked(start));
}

async function inFile(file: Blob, name: string): Promise<NamedDataset> {
  const start = await readStart(file, name);
  if (isZip(start)) {
    return { name, raw: await storedImages(zipOfBlob(name, file)) };
  }
  if (!isGzip(start) && !isPacked(start)) {
    throw new UserError(
      'invalid-data',
      `${name}: neither a prepared file nor a zip archive of images; give several image files as a list`,
    );
  }
  const open = isGzip(start) ? openGzipped : openInMemory;
  return { name, raw: toRawDataset(packedSource(await open(await readBytes(file, name), name))) };
}

function readStart(file: Blob, name: string): Promise<Uint8Array> {
  return readBytes(file.slice(0, 64), name);
}

/** Images in memory, divided by their names or numbers as images of a file are. */
function inArray(images: ImageSet, name: string): NamedDataset {
  const names = Array.from({ length: images.count }, (_, index) => images.nameAt?.(index) ?? String(index));
  const splits = divide(names);
  if (typeof splits === 'string') {
    throw new UserError('invalid-data', `${name}: ${splits}`);
  }
  const part = (wanted: Split): ImageSet =>
    subset(
      images,
      names.flatMap((_, index) => (splits[index] === wanted ? [index] : [])),
    );
  return {
    name,
    raw: toRawDataset({
      train: part('train'),
      ...(splits.includes('validation') && { validation: part('validation') }),
      test: part('test'),
    }),
  };
}

/** Decodes images into memory, fitted if that is wanted. */
async function toOneShape(
  { name, raw }: NamedDataset,
  options: OpenImagesOptions,
): Promise<{ opened: DatasetSource; damaged: readonly string[] }> {
  const shape = (await raw.train.set?.())?.imageShape;
  const { crop = 'center', channels = shape?.[2] === 1 ? 1 : 3, onProgress } = options;
  const size = options.size ?? shape?.[0];
  const isFitting = options.size !== undefined || options.channels !== undefined || crop !== 'center';
  if (isFitting && size === undefined) {
    throw new UserError(
      'invalid-argument',
      phrase`choose an image size for ${name}, for example ${option('size', 32)}`,
    );
  }
  if (isFitting) {
    requireFit({ size: size!, channels, crop }, options);
  }
  const isFitted =
    shape !== undefined && showImageShape(shape) === `${size}x${size}x${channels}` && crop !== 'tiles';
  if (isFitting && !isFitted) {
    return fitted(raw, name, { size: size!, channels, crop }, options);
  }
  const total = (await countPictures(raw)) ?? undefined;
  const opened = await loadImages(raw, name, {
    adviseToFit: (side) => phrase`add ${option('size', side)}, or another size, to fit them`,
    ...(onProgress && { onProgress: (images) => onProgress(images, total, 'images') }),
  });
  return { opened, damaged: [] };
}

/** Fits images as `prepareDataset` does, to a prepared file in memory. */
async function fitted(
  raw: RawDataset,
  name: string,
  fit: FitOptions,
  { validation = 0.05, signal, onProgress, onDamaged }: OpenImagesOptions,
): Promise<{ opened: DatasetSource; damaged: readonly string[] }> {
  const total = (await countPictures(raw)) ?? undefined;
  const target = new MemoryTarget(name);
  const prepared = await prepare(raw, target, {
    ...fit,
    source: name,
    validation,
    leastDeviation: defaultLeastDeviation,
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (images) => onProgress(images, total, 'images') }),
    ...(onDamaged && { onDamaged }),
  });
  if (prepared === null) {
    throw signal!.reason;
  }
  const opened = packedSource(withHeader(packedInMemory(target.bytes(), name)));
  return {
    opened: {
      ...opened,
      ...(raw.whyNoLabels !== undefined && { whyNoLabels: raw.whyNoLabels }),
      ...(raw.warnings && raw.warnings.length > 0 && { warnings: raw.warnings }),
    },
    damaged: prepared.damaged,
  };
}

/** Reads the images among files, as `readImageFiles` does. */
export async function readGivenImages(
  files: readonly GivenFile[],
  imageShape: ImageShape,
  options: ImageFileOptions,
): Promise<Omit<NamedImages, 'paths'>> {
  const isOnly = files.length === 1;
  const images = new Set(imagesAmong(files.map(({ path }) => path)));
  const chosen = files.filter(({ path }) => isOnly || images.has(path) || otherImageName.test(path));
  const { paths, ...read } = await fittedImages(imagesIn(chosen), imageShape, options, (skipped) => {
    const none = skipped === 0 ? `no ${imageFormats} images among them` : 'none of the images can be read';
    return `files: ${none}; choose others`;
  });
  return { names: paths, ...read };
}

/** The images among files, sorted by name; other files are ignored. */
export function findExactImages(files: readonly GivenFile[]): ExactImages {
  const chosen = files.filter(({ path }) => imageName.test(path) || otherImageName.test(path));
  const sizes = new Map(chosen.map(({ path, file }) => [path, file.size]));
  const images = imagesIn(chosen, true);
  return {
    count: images.count,
    async *read(skip, onSize) {
      for await (const { path, image } of images.read(skip, { onSize })) {
        const { height, width, channels } = image;
        const pixels = exactPixels(image);
        if (typeof pixels === 'string') {
          skip(`${path} ${pixels}`, path);
        } else {
          yield { name: path, shape: [height, width, channels], pixels, bytes: sizes.get(path)! };
        }
      }
    },
  };
}

/** The images in files, sorted by name. One that cannot be read is skipped, but an only one is an error unless `skipOnly`. */
function imagesIn(files: readonly GivenFile[], skipOnly = files.length > 1): FoundImages {
  const sorted = files.toSorted((first, second) => (first.path < second.path ? -1 : 1));
  return {
    count: sorted.length,
    async *read(skip, { onSize } = {}) {
      const budget = new Budget('files');
      for (const { path, file } of sorted) {
        try {
          requireSize(file.size, maxFileBytes, path);
          budget.grow(file.size);
          const image = await decodeImage(await readBytes(file, path), path, {
            budget,
            onSize: onSize && ((height, width) => onSize(path, height, width)),
          });
          yield { name: path, path, image };
        } catch (error) {
          if (!(skipOnly && error instanceof UserError) || error instanceof OverBudget) {
            throw error;
          }
          skip(error.message, path);
        }
      }
    },
  };
}

/**
 * Files presented as a folder, in alphabetical order. Files from several folders may have the same path; all are kept.
 *
 * @param folder the name of the folder, for errors
 */
function folderOfFiles(folder: string, givenFiles: readonly GivenFile[]): Archive {
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
function zipOfBlob(name: string, archive: Blob): Archive {
  return zipFiles(name, async () => ({ file: accessTo(archive, name), close: async () => {} }));
}

/** All bytes of a file; throws UserError if the browser cannot read it. */
async function readBytes(file: Blob, source: string): Promise<Uint8Array<ArrayBuffer>> {
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
