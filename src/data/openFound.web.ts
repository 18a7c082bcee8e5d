// The images that a page has been given: decoded, fitted, and divided into the parts of a dataset.
import { option, phrase, UserError } from '../core/errors.ts';
import { showImageShape } from '../core/numeric/index.ts';
import { fetchBytes, pickFetchOptions, resolveUrl } from '../core/platform/index.ts';
import {
  type DatasetSource,
  defaultValidation,
  type ImageSet,
  type Split,
  subset,
} from './contract/dataset.ts';
import { countPictures, type RawDataset, toRawDataset } from './contract/rawImages.ts';
import { folderOfFiles, readBytes, zipOfBlob } from './formats/blobStore.web.ts';
import { isGzip, isZip } from './formats/bytes.ts';
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
import { prepare } from './packed/packImages.ts';
import { type FitOptions, requireFit } from './pixels/fitPicture.ts';
import type {
  GivenFiles,
  GivenFolder,
  ImageSource,
  OpenedImages,
  OpenImagesOptions,
} from './sources/givenFiles.web.ts';
import { loadImages } from './sources/loadImages.ts';
import { divide } from './sources/splitOfName.ts';
import { storedImages } from './sources/storedImages.ts';

interface Found {
  readonly name: string;
  readonly raw: RawDataset;
}

/** Opens images whose files, if they are files, have been found. */
export async function openFound(
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
): Promise<Found> {
  if (typeof source === 'string' || source instanceof URL) {
    const { href, pathname } = resolveUrl(source);
    const { onProgress, ...others } = options;
    const bytes = await fetchBytes(
      href,
      {
        ...pickFetchOptions(others),
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

async function inFile(file: Blob, name: string): Promise<Found> {
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
function inArray(images: ImageSet, name: string): Found {
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
  { name, raw }: Found,
  options: OpenImagesOptions,
): Promise<{ opened: DatasetSource; damaged: readonly string[] }> {
  const shape = (await raw.train.set?.())?.imageShape;
  const { crop = 'center', channels = shape?.[2] === 1 ? 1 : 3, unique = false, onProgress } = options;
  const size = options.size ?? shape?.[0];
  const isFitting =
    options.size !== undefined || options.channels !== undefined || crop !== 'center' || unique;
  if (isFitting && size === undefined) {
    throw new UserError(
      'invalid-argument',
      phrase`choose an image size for ${name}, for example ${option('size', 32)}`,
    );
  }
  if (isFitting) {
    requireFit({ size: size!, channels, crop }, options.leastDeviation);
  }
  const isFitted =
    shape !== undefined &&
    showImageShape(shape) === `${size}x${size}x${channels}` &&
    crop !== 'tiles' &&
    !unique;
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
  { validation = 0.05, leastDeviation = 1, unique = false, signal, onProgress, onDamaged }: OpenImagesOptions,
): Promise<{ opened: DatasetSource; damaged: readonly string[] }> {
  const total = (await countPictures(raw)) ?? undefined;
  const target = new MemoryTarget(name);
  const prepared = await prepare(raw, target, {
    ...fit,
    source: name,
    validation,
    leastDeviation,
    unique,
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
