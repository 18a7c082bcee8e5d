// Compresses images to a file, in parts: a header, a record for each block, and the end.

import { option, type Phrase, phrase, UserError } from '../../core/errors.ts';
import {
  countDimensions,
  type ImageShape,
  joinBytes,
  requireKnown,
  requireWhole,
} from '../../core/numeric/index.ts';
import { mapInOrder } from '../../data/packed/mapInOrder.ts';
import { fitImage, isColourless, requireEightBits } from '../../data/pixels/index.ts';
import { modelFingerprint, type TrainedModel } from '../../model/index.ts';
import { weightsBytes } from '../../model/loading/index.ts';
import type { BlockBytes, BlockCoders } from './blocks.ts';
import { startCoders } from './coders.ts';
import { blockAbout, DEFAULT_BLOCK, endAbout, readBlockAbout } from './file/abouts.ts';
import { encodeHeader } from './file/header.ts';
import { encodeRecord } from './file/records.ts';
import { type FileModel, roundedForFile } from './fileModel.ts';
import { MOST_VALUES } from './model/blockCoder.ts';
import { codingRuntime } from './model/engineNetworks.ts';
import { requireCodable } from './model/modelCoder.ts';
import { countingImages, cutTiles, tilesIn } from './model/tiles.ts';
import { type NamedImage, requireImage, requireImages } from './namedImage.ts';

/** How images are compressed. */
export interface CompressOptions {
  /**
   * The images of a block, which is decoded as a whole and lost as a whole if a byte of it changes; default 2,000, or as many
   * as have 64 MiB of pixels. With tiles, a block has whole images with at least so many tiles in all.
   */
  readonly block?: number | undefined;
  /**
   * Whether the model is in the file; default true. Otherwise it has to be named to decompress it. Its weights are rounded as
   * far as pays for this number of images, and the images are coded with these weights.
   */
  readonly withModel?: boolean | undefined;
  /** How many images there will be, for the precision of the weights, if `images` is not an array. */
  readonly count?: number | undefined;
  /** Whether images may have any size: they are cut into tiles of the model's shape. Default false. */
  readonly tiles?: boolean | undefined;
  /** How many blocks are coded at the same time, in threads with a copy of the model each; default 1. In a page, `configureRuntime` says how. */
  readonly workers?: number | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with the number of images done since the last call, and the bits that they take; an image of several tiles is done
   * in fractions.
   */
  onImages?(images: number, bits?: number): void;
}

const compressOptions: Readonly<Record<keyof CompressOptions, true>> = {
  block: true,
  withModel: true,
  count: true,
  tiles: true,
  workers: true,
  signal: true,
  onImages: true,
};

/** What a compressed file contains. */
export interface CompressedSize {
  /** The number of images. */
  readonly images: number;
  /** Their values, H·W·C each, added up. */
  readonly values: number;
  /** Of the whole file. */
  readonly bytes: number;
  /** Of these, the bytes of the model. */
  readonly modelBytes: number;
  /** Images, or tiles, that are stored plainly. */
  readonly plain: number;
}

/** The most values of a block, unless the number of images is chosen. */
const BLOCK_VALUES = 2 ** 26;

/** How many images a block has, unless the caller chooses. */
export function defaultBlock(imageShape: ImageShape): number {
  return Math.max(1, Math.min(DEFAULT_BLOCK, Math.floor(BLOCK_VALUES / countDimensions(imageShape))));
}

/**
 * Compresses images, without loss: yields the parts of the file, one after the other, and returns its size. The images of
 * only a few blocks are in memory at a time.
 *
 * @throws UserError (`unsupported`) if the model can't compress, before an image is read; (`mismatch`) if an image has
 * another shape; (`invalid-argument`) if an image isn't as `NamedImage` says, or for an unknown option
 */
export async function* compressParts(
  trained: TrainedModel,
  images: AsyncIterable<NamedImage> | Iterable<NamedImage>,
  options: CompressOptions = {},
): AsyncGenerator<Uint8Array, CompressedSize> {
  requireKnown(options, compressOptions);
  const { block, withModel = true, count, tiles = false, workers = 1, signal } = options;
  requireWhole('workers', workers, 1);
  requireImages(images);
  requireCodable(trained.model);
  const { imageShape } = trained.model;
  const units = block ?? defaultBlock(imageShape);
  requireWhole('block', units, 1);
  const limit = Math.floor(MOST_VALUES / countDimensions(imageShape));
  const blocks = collectBlocks(images, imageShape, { units, most: limit, tiles });
  let coders: BlockCoders | undefined;
  try {
    const first = await blocks.next();
    let file: FileModel = { trained, ...(withModel && { embedded: { bytes: weightsBytes(trained) } }) };
    if (withModel && !first.done) {
      const knownCount = count ?? (Array.isArray(images) ? images.length : undefined);
      const expected = expectedUnits(first.value, { known: knownCount, units, imageShape });
      file = await roundedForFile(trained, first.value.pixels, { units: expected, signal });
    }
    coders = await startCoders(file.trained, workers);
    return yield* splitParts(coders, file, first.done ? blocks : followed(first.value, blocks), options);
  } finally {
    await blocks.return(undefined);
    await coders?.release();
  }
}

async function* followed(first: ImageBlock, others: AsyncGenerator<ImageBlock>): AsyncGenerator<ImageBlock> {
  yield first;
  yield* others;
}

/** Blocks that a file is expected to have if nothing is known but that there is more than one. */
const BLOCKS_EXPECTED = 10;

/** How many images, or tiles, a file is expected to have. */
function expectedUnits(
  { names, pixels }: ImageBlock,
  {
    known: knownCount,
    units,
    imageShape,
  }: { readonly known: number | undefined; readonly units: number; readonly imageShape: ImageShape },
): number {
  const inFirst = pixels.length / countDimensions(imageShape);
  const images = knownCount ?? (inFirst < units ? names.length : BLOCKS_EXPECTED * names.length);
  return Math.max(inFirst, (images * inFirst) / names.length);
}

/** The parts of a file with these blocks. */
async function* splitParts(
  coders: BlockCoders,
  { trained, embedded }: FileModel,
  images: AsyncIterable<ImageBlock>,
  { tiles = false, signal, onImages }: CompressOptions,
): AsyncGenerator<Uint8Array, CompressedSize> {
  const { imageShape } = trained.model;
  const header = { model: modelFingerprint(trained), imageShape, runtime: await codingRuntime(), tiles };
  const start = encodeHeader(header, embedded);
  const encoded = async (images: ImageBlock): Promise<BlockBytes> => {
    signal?.throwIfAborted();
    const counts = images.shapes.map((shape) => (tiles ? tilesIn(shape, imageShape) : 1));
    const work = { signal, ...(onImages && { onImages: countingImages(onImages, counts) }) };
    return coders.encode(images.pixels, work);
  };
  let [count, values, plain, bytes, blocks] = [0, 0, 0, start.length, 0];
  yield start;
  const coded = mapInOrder(
    images,
    { items: coders.atOnce, bytes: Number.POSITIVE_INFINITY },
    async (images) => ({ images, stored: await encoded(images) }),
  );
  for await (const { images: ownBlock, stored } of coded) {
    const about = blockAbout({ ...ownBlock, runs: stored.runs }, imageShape);
    const record = encodeRecord({ kind: 'block', number: blocks, about, bytes: stored.bytes });
    if (readBlockAbout(about, stored.bytes.length, header) === undefined) {
      throw new UserError(
        'unsupported',
        phrase`block ${blocks} has ${ownBlock.names.length} images, too many for their names or for its ${stored.bytes.length} bytes: use ${option('block', DEFAULT_BLOCK)} or fewer`,
      );
    }
    blocks++;
    count += ownBlock.names.length;
    values += ownBlock.shapes.reduce((sum, shape) => sum + countDimensions(shape), 0);
    plain += stored.runs.reduce((sum, run) => sum + (run.batch === 0 ? run.count : 0), 0);
    bytes += record.length;
    yield record;
  }
  const about = endAbout({ blocks, images: count });
  const end = encodeRecord({ kind: 'end', number: blocks, about, bytes: new Uint8Array(0) });
  yield end;
  return { images: count, values, bytes: bytes + end.length, modelBytes: embedded?.bytes.length ?? 0, plain };
}

/**
 * Compresses images in memory to the bytes of a file: see `compressParts`.
 *
 * @throws UserError as that does
 * @example
 * ```ts
 * import { compress, decompress, loadModel } from 'emerging-flows';
 *
 * const model = await loadModel('models/mnist-small');
 * const digit = { name: 'digit.png', shape: [28, 28, 1] as const, pixels: new Uint8Array(28 * 28) };
 * const bytes = await compress(model, [digit], { withModel: false });
 * const { images } = await decompress(bytes, { model });
 * ```
 */
export async function compress(
  trained: TrainedModel,
  images: AsyncIterable<NamedImage> | Iterable<NamedImage>,
  options: CompressOptions = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of compressParts(trained, images, options)) {
    parts.push(part);
  }
  return joinBytes(parts);
}

/** The images of a block. */
interface ImageBlock {
  /** How many images are before it. */
  readonly first: number;
  readonly names: string[];
  /** As the images were given. */
  readonly shapes: ImageShape[];
  /** As the model takes them: images, or tiles. */
  readonly pixels: Uint8Array;
}

/** Collects images to blocks. */
async function* collectBlocks(
  images: AsyncIterable<NamedImage> | Iterable<NamedImage>,
  imageShape: ImageShape,
  { units, most: limit, tiles }: { readonly units: number; readonly most: number; readonly tiles: boolean },
): AsyncGenerator<ImageBlock> {
  let [names, shapes, parts, held]: [string[], ImageShape[], Uint8Array[], number] = [[], [], [], 0];
  let first = 0;
  const take = (): ImageBlock => {
    const block = { first, names, shapes, pixels: joinBytes(parts) };
    first += names.length;
    [names, shapes, parts, held] = [[], [], [], 0];
    return block;
  };
  for await (const image of images) {
    requireImage(image, first + names.length);
    const { name, shape, pixels } = image;
    const size: ImageShape = tiles ? [shape[0], shape[1], imageShape[2]] : imageShape;
    if (tiles && lacksColour(image, imageShape)) {
      throw new UserError('mismatch', `${name} is in colour, but the model takes grey images: ${useColour}`);
    }
    const fitted = requireEightBits(
      fitImage({ shape, pixels }, size, { source: name, remedy: remedyFor(image, size) }),
      'compressing',
    );
    const tileCount = tiles ? tilesIn(size, imageShape) : 1;
    if (tileCount > limit) {
      throw new UserError(
        'unsupported',
        `${name} is too large: ${tileCount} tiles, and at most ${limit} fit into a block; make it smaller`,
      );
    }
    if (held + tileCount > limit) {
      yield take();
    }
    names.push(name);
    shapes.push(shape);
    parts.push(tiles ? cutTiles(fitted, size, imageShape) : fitted);
    held += tileCount;
    if (held >= units) {
      yield take();
    }
  }
  if (held > 0) {
    yield take();
  }
}

const useColour = 'use a model for colour images';

/** Whether an image has colours, and the model takes none. */
function lacksColour({ shape, pixels }: NamedImage, [, , channels]: ImageShape): boolean {
  return channels === 1 && shape[2] === 3 && !isColourless(pixels);
}

/** The remedy for an image whose shape the model does not take. */
function remedyFor(image: NamedImage, imageShape: ImageShape): Phrase {
  const [height, width] = imageShape;
  const tiles = phrase`add ${option('tiles', true)} to cut it into tiles`;
  if (image.shape[0] === height && image.shape[1] === width) {
    return [useColour];
  }
  return lacksColour(image, imageShape) ? phrase`${useColour}, and ${tiles}` : tiles;
}
