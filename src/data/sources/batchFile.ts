// Files with many images in one array: NumPy's .npy and .npz, alone or in a zip archive.
import { fewNames, shortText, UserError } from '../../core/errors.ts';
import type { Split } from '../contract/dataset.ts';
import { isImageChannels, maxDecodedBytes, type RawImage } from '../contract/rawImages.ts';
import { Budget, maxFileBytes } from '../contract/reading.ts';
import { type RandomAccess, readAhead } from '../files/fileStore.ts';
import { latin1Text } from '../formats/bytes.ts';
import { elementBytes, readElements } from '../formats/elements.ts';
import { inNumericalOrder } from '../formats/entryNames.ts';
import { imagesAmong } from '../formats/imageDecoding.ts';
import { isStackShape, type NumpyType, readNpyHeader } from '../formats/npy.ts';
import { openZipEntry } from '../formats/zip.ts';
import { readZipDirectory } from '../formats/zipDirectory.ts';
import { interleaved } from '../pixels/channels.ts';
import { splitOfArray } from './splitOfName.ts';

/** The keys of the images in a batch, and of their labels. */
const dataKey = 'data';
const labelsKey = 'labels';
/** Images are read from disk in blocks of this many bytes. */
const blockBytes = 2 ** 23;
/** The maximum nesting depth of archives: a zip of .npz files, which are zips themselves. */
const maxDepth = 2;

/** Whether `batchImages` can read a file that starts with these bytes. */
export function looksLikeBatch(start: Uint8Array): boolean {
  const text = latin1Text(start.subarray(0, 6));
  return text === '\x93NUMPY' || text.startsWith('PK\x03\x04');
}

/**
 * The images in a .npy file; in the array `data` of an .npz file, or in its arrays that are named after splits; or in all such
 * files in a zip archive, by name. For the supported shapes, see `arrayLayout`.
 *
 * @param prefix prepended to the images' names
 * @throws UserError if it is corrupt or contains no images; OverBudget
 */
export async function* batchImages(
  file: RandomAccess,
  source: string,
  prefix: string,
  budget: Budget,
  depth = 0,
): AsyncGenerator<RawImage, void, void> {
  const start = latin1Text(await file.read(0, Math.min(6, file.size)));
  if (start.startsWith('PK')) {
    yield* zippedImages(readAhead(file), source, prefix, budget, depth);
  } else {
    yield* npyImages(file, source, prefix, budget);
  }
}

/** The number of images in a .npy file. */
export async function countNpy(file: RandomAccess, source: string): Promise<number> {
  const header = await readNpyHeader(file, source);
  return arrayLayout(header.shape, header, source).count;
}

async function* zippedImages(
  file: RandomAccess,
  source: string,
  prefix: string,
  budget: Budget,
  depth: number,
): AsyncGenerator<RawImage, void, void> {
  const entries = await readZipDirectory(file, source);
  const data = entries.find(({ name }) => name === `${dataKey}.npy`);
  if (data) {
    const opened = await openZipEntry(file, data, source, budget);
    const hasLabels = entries.some(({ name }) => name === `${labelsKey}.npy`);
    yield* npyImages(opened, source, prefix, budget, hasLabels ? [labelsNotRead] : []);
    return;
  }
  const published = splitsAmong(entries.map(({ name }) => name));
  if (published.size > 0) {
    const isOfSplit = ({ name }: { readonly name: string }): boolean => splitOfArray(name) !== undefined;
    const notes = notesOnOthers(entries.filter((entry) => !isOfSplit(entry)).map(({ name }) => name));
    for (const entry of entries.filter(isOfSplit)) {
      const where = `${source}: ${entry.name}`;
      const opened = await openZipEntry(file, entry, source, budget);
      yield* npyImages(opened, where, `${prefix}${entry.name}/`, budget, notes);
    }
    return;
  }
  const batches = entries
    .filter(({ name }) => /(^|\/)[^./][^/]*\.np[yz]$/.test(name))
    .sort((a, b) => inNumericalOrder(a.name, b.name));
  if (batches.length === 0 || depth + 1 >= maxDepth) {
    throw new UserError(
      'invalid-data',
      `${source}: it contains neither an array '${dataKey}' nor files with one`,
    );
  }
  for (const entry of batches) {
    const where = `${source}: ${entry.name}`;
    const opened = await openZipEntry(file, entry, source, budget);
    yield* batchImages(opened, where, `${prefix}${entry.name}/`, budget, depth + 1);
  }
}

/** Notes on arrays other than images; few, since every image repeats them. */
function notesOnOthers(names: readonly string[]): string[] {
  const others = names.filter((name) => !/^y_|label/i.test(name));
  return [
    ...(others.length < names.length ? [labelsNotRead] : []),
    ...(others.length > 0 ? [`${shortText(fewNames(others))} not read`] : []),
  ];
}

/** The splits that the arrays of an .npz file are named after; none in other files, or without training images. */
export async function splitsOfArrays(file: RandomAccess, source: string): Promise<ReadonlySet<Split>> {
  if (latin1Text(await file.read(0, Math.min(2, file.size))) !== 'PK') {
    return new Set();
  }
  return splitsAmong((await readZipDirectory(file, source)).map(({ name }) => name));
}

/** Whether the arrays in a zip archive are one image each, as in a folder; in an `.npz` file they are many. */
export async function hasSingleArrays(file: RandomAccess, source: string): Promise<boolean> {
  const entries = await readZipDirectory(file, source);
  const names = entries.map(({ name }) => name);
  const [array] = imagesAmong(names);
  const entry = entries.find(({ name }) => name === array);
  const isBatch = names.includes(`${dataKey}.npy`) || splitsAmong(names).size > 0 || /\.npz$/i.test(source);
  if (entry === undefined || isBatch || entry.size > maxFileBytes) {
    return false;
  }
  const opened = await openZipEntry(file, entry, source, new Budget(source, file.size));
  return !isStackShape((await readNpyHeader(opened, `${source}: ${array}`)).shape);
}

/** The splits that some files in an archive are named after; none if all images are in `data`, or none are for training. */
function splitsAmong(names: readonly string[]): ReadonlySet<Split> {
  const splits = names.includes(`${dataKey}.npy`) ? [] : names.map(splitOfArray);
  return new Set(splits.includes('train') ? splits.filter((split) => split !== undefined) : []);
}

async function* npyImages(
  file: RandomAccess,
  source: string,
  prefix: string,
  budget: Budget,
  notes: readonly string[] = [],
): AsyncGenerator<RawImage, void, void> {
  const header = await readNpyHeader(file, source);
  const { offset } = header;
  const layout = arrayLayout(header.shape, header, source);
  budget.spend(layout.count, 'images');
  const size = imageBytes(layout);
  const atOnce = Math.max(1, Math.floor(blockBytes / size));
  for (let first = 0; first < layout.count; first += atOnce) {
    const count = Math.min(atOnce, layout.count - first);
    const block = await file.read(offset + first * size, count * size);
    for (let index = 0; index < count; index++) {
      const bytes = block.subarray(index * size, (index + 1) * size);
      yield arrayImage(bytes, layout, { name: `${prefix}${first + index}`, source, notes });
    }
  }
}

/** The memory layout of the images in an array. */
interface ArrayLayout extends NumpyType {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** Whether images are CHW instead of HWC. */
  readonly planar: boolean;
}

/** The layout of the images in an array: N x H x W, N x H x W x C with C up to 4, or N x (3·S·S), as in CIFAR-10. */
function arrayLayout(shape: readonly number[], type: NumpyType, source: string): ArrayLayout {
  const [count = 0, height = 0, width = 1, channels = 1] = shape;
  const side = Math.sqrt(height / 3);
  if (shape.length === 2 && Number.isInteger(side)) {
    return checked({ count, height: side, width: side, channels: 3, planar: true });
  }
  if ((shape.length === 3 || shape.length === 4) && isImageChannels(channels)) {
    return checked({ count, height, width, channels, planar: false });
  }
  const hint =
    shape.length === 4 && isImageChannels(height) ? '; transpose(0, 2, 3, 1) puts channels last' : '';
  throw new UserError(
    'invalid-data',
    `${source}: an array of shape ${shape.join(' x ')} does not contain images: expected N x H x W, ` +
      `N x H x W x C (C at most 4), N x (3·S·S), or for points N x D real numbers${hint}`,
  );

  function checked(shapeFields: Omit<ArrayLayout, keyof NumpyType>): ArrayLayout {
    const layout = { ...shapeFields, type: type.type, isLittle: type.isLittle };
    if (layout.count === 0 || imageBytes(layout) === 0) {
      throw new UserError(
        'invalid-data',
        `${source}: an array of shape ${shape.join(' x ')} is empty; use another copy`,
      );
    }
    if (imageBytes(layout) > maxDecodedBytes) {
      throw new UserError(
        'invalid-data',
        `${source}: images of ${layout.height}x${layout.width} are too large: at most ${maxDecodedBytes} bytes each`,
      );
    }
    return layout;
  }
}

function imageBytes({ height, width, channels, type }: ArrayLayout): number {
  return height * width * channels * elementBytes[type];
}

/** What is noted of images whose file has labels that are not read. */
export const labelsNotRead = 'labels not read';

interface About {
  readonly name: string;
  /** The file, for errors. */
  readonly source: string;
  readonly notes: readonly string[];
}

/** The image in these bytes, which are copied only if they are planar, or not what memory holds. */
function arrayImage(bytes: Uint8Array, layout: ArrayLayout, { name, source, notes }: About): RawImage {
  const { height, width, channels, planar } = layout;
  return {
    name,
    async decode() {
      const { values, rounding } = readElements(bytes, layout, `${source}: image ${name}`);
      return {
        width,
        height,
        channels,
        data: planar ? interleaved(values, channels) : values,
        notes,
        ...(rounding > 0 && { rounding }),
      };
    },
  };
}
