// The input images of a command: files and folders, or a split of a dataset.
import { join } from 'node:path';
import type { Command } from 'commander';
import { phrase, UserError } from '../../../core/errors.ts';
import {
  countDimensions,
  type ImageShape,
  isPointShape,
  type Values,
  zeros,
} from '../../../core/numeric/index.ts';
import { conditionsOfFiles, namesInFolders, orPassed } from '../../../data/conditions/index.ts';
import { type ImageSet, type RequiredCondition, readOne, type Split } from '../../../data/contract/index.ts';
import { exists, isFolder, staysInFolder, withFile } from '../../../data/files/index.node.ts';
import { isStackShape, readNpyHeader } from '../../../data/formats/npy.ts';
import { openSplit, readPoints, type SplitOptions } from '../../../data/index.node.ts';
import { fitImage, joined } from '../../../data/pixels/index.ts';
import { type NamedImages, readImageFiles } from '../../../data/sources/index.ts';
import { type Flow, requireColumns } from '../../../flows/models/index.ts';
import type { FlowModel } from '../../../model/index.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { parseChoice, wholeNumber } from './options.ts';

/** Reading images that takes longer is shown. */
const WORTH_A_BAR_MS = 1000;

const splits = ['test', 'train'] as const;

/** The split of a dataset that is used by default. */
export const DEFAULT_SPLIT = 'test';

/** The source of the images, apart from the arguments. */
export interface ImageOptions {
  readonly data?: string;
  readonly split?: (typeof splits)[number] | undefined;
  readonly count?: number;
  readonly resize?: boolean | undefined;
}

/** Adds `--resize`. */
export function addResizeOption(command: Command): Command {
  return command.option(
    '--resize',
    "convert images to the model's shape: resized without keeping the aspect ratio, colour to grey if needed",
  );
}

/** Adds `--data`, `--split`, `--count` and `--resize`. */
export function addImageOptions(command: Command): Command {
  return addResizeOption(addSetOptions(command));
}

/** Adds `--data`, `--split` and `--count`. */
export function addSetOptions(command: Command): Command {
  return command
    .option('--data <name|path>', 'use images of a dataset instead')
    .option(
      '--split <name>',
      `which split of the dataset: ${splits.join(', ')} (default: ${DEFAULT_SPLIT})`,
      parseChoice('split', splits),
    )
    .option('--count <n>', 'use only the first n images (default: all)', wholeNumber(1));
}

/**
 * Refuses `--split` for images in files and folders: all of them are used.
 *
 * @throws UserError (`invalid-argument`)
 */
export function requireNoSplit({ split }: Pick<ImageOptions, 'split'>): void {
  if (split !== undefined) {
    throw new UserError(
      'invalid-argument',
      `--split ${split} is for a dataset: name it with --data, or leave --split out to use all of these images`,
    );
  }
}

/**
 * The images at `paths`, or in a dataset. Skipped files are reported immediately.
 *
 * @param conditions those that the images must have
 * @throws UserError if both or neither are given, or as `readImagesAt` and `openSplit` do
 */
export async function readImages(
  paths: readonly string[],
  flow: Pick<FlowModel, 'imageShape' | 'model'>,
  options: ImageOptions,
  conditions?: readonly RequiredCondition[],
): Promise<NamedImages> {
  const { imageShape, model } = flow;
  const { data, split = DEFAULT_SPLIT, count, resize = false } = options;
  if (paths.length > 0 && data !== undefined) {
    throw new UserError('invalid-argument', 'images and --data cannot be combined: use one of them');
  }
  if (data !== undefined) {
    const images = await openImages(data, split, {
      like: imageShape,
      most: count,
      oneIfOther: !resize,
      conditions: conditions && {
        names: conditions.map(({ name }) => name),
        otherwise: orPassed(conditions),
      },
    });
    requireColumns(images.columns, model.values, data);
    return {
      ...datasetImages(images, { source: data, split, imageShape, resize }),
      areFirst: images.count === count,
    };
  }
  if (paths.length === 0) {
    throw new UserError(
      'invalid-argument',
      'no images: name image files or folders, or a dataset with --data',
    );
  }
  requireNoSplit(options);
  const dataset = isPointShape(imageShape) ? undefined : paths.find(isDatasetFile);
  if (dataset !== undefined) {
    throw new UserError(
      'invalid-argument',
      `${dataset} is not an image but a file of many: name it with --data`,
    );
  }
  return readImagesAt(paths, flow, options, conditions);
}

/** The images in files and folders. Skipped files are reported immediately; throws as `readImageFiles` does. */
export async function readImagesAt(
  paths: readonly string[],
  { imageShape, model }: Pick<FlowModel, 'imageShape' | 'model'>,
  { count, resize = false }: Pick<ImageOptions, 'count' | 'resize'>,
  conditions?: readonly RequiredCondition[],
): Promise<NamedImages> {
  if (isPointShape(imageShape)) {
    return pointsInFiles(paths, model, { count, conditions });
  }
  const onSkip = (reason: string): void => {
    noteOnStderr(`skipped: ${reason}`);
  };
  const begin = performance.now();
  let bar: Progress | undefined;
  const onProgress = (done: number, total: number): void => {
    if (performance.now() - begin > WORTH_A_BAR_MS) {
      bar ??= createProgress({ label: 'reading', total, unit: 'images' });
      bar.expect(total);
      bar.update(done);
    }
  };
  const read = await readImageFiles(paths, imageShape, {
    resize,
    most: count,
    onSkip: (reason) => (bar ? bar.note(`skipped: ${reason}`) : onSkip(reason)),
    onProgress,
  }).finally(() => bar?.finish());
  for (const [note, ...others] of [read.notes, read.misnamed ?? []]) {
    if (note !== undefined) {
      noteOnStderr(
        `${note}${others.length > 0 ? ` (and ${formatCounted(others.length, 'other image')})` : ''}`,
      );
    }
  }
  const files = read.paths ?? read.names;
  const named = { ...read, namesInFolders: namesInFolders(files, paths) };
  return conditions
    ? { ...named, conditions: await conditionsOfFiles(files, paths, conditions, imageShape, read) }
    : named;
}

/** The only image of a file; throws as `readImagesAt` does, or UserError (`invalid-argument`) if there are several. */
export async function readImageAt(
  path: string,
  model: Pick<FlowModel, 'imageShape' | 'model'>,
  options: Pick<ImageOptions, 'resize'>,
): Promise<NamedImages> {
  const image = await readImagesAt([path], model, options);
  if (image.names.length > 1) {
    throw new UserError(
      'invalid-argument',
      `${path} contains ${image.names.length} images: name one of them`,
    );
  }
  return image;
}

/** The points in CSV files and arrays, named by file and position. */
async function pointsInFiles(
  paths: readonly string[],
  { imageShape, values }: Flow,
  {
    count = Number.POSITIVE_INFINITY,
    conditions,
  }: {
    readonly count?: number | undefined;
    readonly conditions?: readonly RequiredCondition[] | undefined;
  },
): Promise<NamedImages> {
  const points: [name: string, values: Values][] = [];
  for (const path of paths) {
    const read = await readPoints(path);
    read.warnings.forEach(noteOnStderr);
    const { imageShape: shape, columns } = read.points;
    requireColumns(columns, values, path);
    for (let index = 0; index < read.points.count && points.length < count; index++) {
      const pixels = fitImage({ shape, pixels: readOne(read.points, index) }, imageShape, { source: path });
      points.push([`${path}/${index}`, pixels]);
    }
  }
  const names = points.map(([name]) => name);
  const areFirst = names.length === count;
  const named = { names, pixels: joined(points), areFirst, skipped: [], notes: [] };
  return conditions
    ? { ...named, conditions: await conditionsOfFiles(names, paths, conditions, imageShape, named) }
    : named;
}

/** Whether a path is a file of many images, judging by its name: an archive, a table or prepared images. */
export function isDatasetFile(path: string): boolean {
  return /\.(images|zip|tar|tgz|parquet)(\.gz)?$/i.test(path) && exists(path) && !isFolder(path);
}

/** How many images a NumPy array at a path has; undefined if it is something else, or one image. */
export async function stackLength(path: string): Promise<number | undefined> {
  if (!/\.npy$/i.test(path) || !exists(path) || isFolder(path)) {
    return undefined;
  }
  const { shape } = await withFile(path, (file) => readNpyHeader(file, path));
  return isStackShape(shape) ? shape[0] : undefined;
}

/**
 * A split of a dataset; if a folder is not a dataset, it may be meant as a plain folder of images without
 * splits.
 */
export async function openImages(
  data: string,
  split: Split,
  options: Omit<SplitOptions, 'validation'>,
): Promise<ImageSet> {
  try {
    return await openSplit(data, split, { ...options, validation: 0 });
  } catch (error) {
    if (error instanceof UserError && isFolder(data)) {
      const message = phrase`${error.phrase}; to use all images in a folder, name it without --data`;
      throw new UserError(error.code, message, { cause: error });
    }
    throw error;
  }
}

function datasetImages(
  set: ImageSet,
  about: {
    source: string;
    split: string;
    imageShape: ImageShape;
    resize: boolean;
  },
): NamedImages {
  const { imageShape, resize, split, source } = about;
  const { count } = set;
  const pixels = zeros(set.kind, count * countDimensions(imageShape));
  for (let index = 0; index < count; index++) {
    const image = { shape: set.imageShape, pixels: readOne(set, index) };
    pixels.set(fitImage(image, imageShape, { source, resize }), index * countDimensions(imageShape));
  }
  const names = namesOfSet(set, split);
  const inFolder = (name: string): string => (isFolder(source) ? join(source, name) : name);
  const paths = names.map((name, index) => (name === set.nameAt?.(index) ? inFolder(name) : name));
  const { labels, conditions } = set;
  return {
    names,
    paths,
    pixels,
    skipped: [],
    notes: [],
    ...(labels && { labels }),
    ...(conditions && { conditions }),
  };
}

/** A name for each image of a split. Names in an archive may occur twice, but each image needs one of its own. */
export function namesOfSet(set: ImageSet, split: string): string[] {
  const names = new Set<string>();
  for (let index = 0; index < set.count; index++) {
    const name = set.nameAt?.(index);
    let unique = name !== undefined && staysInFolder(name) ? name : undefined;
    for (let copy = index; unique === undefined || names.has(unique); copy += set.count) {
      unique = `${split}-${String(copy).padStart(5, '0')}.png`;
    }
    names.add(unique);
  }
  return [...names];
}

/** Reports how many images were skipped in total, and sets exit code 1 if there were any. */
export function reportSkipped(skipped: readonly string[]): void {
  if (skipped.length > 0) {
    noteOnStderr(`emerging: ${formatCounted(skipped.length, 'image')} skipped`);
    process.exitCode = 1;
  }
}
