// Decompresses a file: image by image, block by block. Damage costs blocks, and never changes a pixel.

import { UserError } from '../../core/errors.ts';
import { countDimensions, type ImageShape, requireKnown, requireWhole } from '../../core/numeric/index.ts';
import { inMemory } from '../../data/files/index.ts';
import { mapInOrder } from '../../data/packed/mapInOrder.ts';
import { grey, inColour } from '../../data/pixels/index.ts';
import type { TrainedModel } from '../../model/index.ts';
import type { BlockCoders, BlockWork } from './blocks.ts';
import { startCoders } from './coders.ts';
import { type CompressedFile, openCompressed } from './compressedFile.ts';
import { type BlockFilter, type DescribedBlock, type FileEnd, readBlock, readEnd } from './file/abouts.ts';
import type { ReadHeader } from './file/header.ts';
import { LostImages } from './file/lostImages.ts';
import { type FoundRecord, recordsIn, shortSha256 } from './file/records.ts';
import { codingRuntime } from './model/engineNetworks.ts';
import { countingImages, joinTiles, tilesIn } from './model/tiles.ts';
import type { NamedImage } from './namedImage.ts';

/** How a file is decompressed. */
export interface DecompressOptions {
  /** The model; by default the file's. */
  readonly model?: TrainedModel | undefined;
  /** How many blocks are decoded at the same time, as for `compress`; default 1. */
  readonly workers?: number | undefined;
  /**
   * Which images to return, by their names and their positions in the file, from 0; default all. Blocks without any of them
   * aren't decoded. It is also called for lost images, as far as their names can be read.
   */
  only?(name: string, index: number): boolean;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of images done since the last call; an image of several tiles is done in fractions. */
  onImages?(images: number): void;
  /** Called with a line for each damaged part, or for what is missing. */
  onDamage?(problem: string): void;
}

const decompressOptions: Readonly<Record<keyof DecompressOptions, true>> = {
  model: true,
  workers: true,
  only: true,
  signal: true,
  onImages: true,
  onDamage: true,
};

/** How the images of an opened file are read. */
interface ReadOptions extends Omit<DecompressOptions, 'model'> {
  /** Whether to call `only` for any of some images; by default, it is called for all. */
  readonly mayInclude?: BlockFilter | undefined;
}

/** The images of a file, in order. Images of damaged blocks are left out and reported. */
export async function* imagesFrom(
  file: CompressedFile,
  options: ReadOptions = {},
): AsyncGenerator<NamedImage> {
  const { workers = 1 } = options;
  requireWhole('workers', workers, 1);
  const coders = await startCoders(file.model, workers);
  try {
    yield* imagesBy(coders, file, options);
  } finally {
    await coders.release();
  }
}

/** `imagesFrom` by coders that stay open. */
export async function* imagesBy(
  coders: BlockCoders,
  { source, bytes, header }: CompressedFile,
  { signal, onImages, onDamage, only = () => true, mayInclude }: ReadOptions = {},
): AsyncGenerator<NamedImage> {
  const lost = new LostImages((problem) => onDamage?.(`${source}: ${problem}`));
  if (await header.isModelDamaged()) {
    // The images are decoded with the model that the caller has given.
    onDamage?.(`${source}: the model in it is damaged`);
  }
  const decoded = mapInOrder(
    recordsIn(bytes, header.end),
    { items: coders.atOnce, bytes: Number.POSITIVE_INFINITY },
    async (record) => ({
      record,
      ...(await decodedRecord(record, header, {
        coders,
        only,
        mayInclude,
        signal,
        ...(onImages && { onImages }),
      })),
    }),
  );
  for await (const { record, block, wanted, pixels, end } of decoded) {
    const { kind, number } = record;
    if (end) {
      lost.takeEnd(end, record.end);
    }
    if (kind === 'end' || !lost.takeNumber(number)) {
      continue;
    }
    if (block === undefined || !lost.isPossible(number, block)) {
      lost.takeDamaged(number, undefined);
    } else if (pixels === 'damaged') {
      lost.takeDamaged(number, block);
    } else if (pixels === 'undecodable') {
      lost.takeUnreadable(number, block, await whyUndecodable(header));
    } else {
      lost.takeRead(number, block);
      if (pixels !== 'unwanted') {
        yield* unpackImages(block.images!, pixels!, header, wanted!);
      }
    }
  }
  lost.finish(bytes.size);
}

/** Why an intact block doesn't have the pixels of its checksum. */
async function whyUndecodable({ runtime }: ReadHeader): Promise<string> {
  return runtime === (await codingRuntime())
    ? 'its checksum belongs to other pixels, so the program that compressed it was faulty; use another copy'
    : `another version of ONNX Runtime (${runtime.slice(0, 16)}) compressed it; use the version of emerging-flows that wrote the file`;
}

/** A record, decoded: a block with its pixels, or why there are none; or the end. */
interface Decoded {
  readonly block?: DescribedBlock | undefined;
  /** Whether each image of the block is wanted. */
  readonly wanted?: readonly boolean[] | undefined;
  readonly pixels?: Uint8Array | 'unwanted' | 'damaged' | 'undecodable';
  readonly end?: FileEnd | undefined;
}

async function decodedRecord(
  record: FoundRecord,
  header: ReadHeader,
  {
    coders,
    only,
    mayInclude,
    signal,
    onImages,
  }: BlockWork & Required<Pick<ReadOptions, 'only' | 'mayInclude'>> & { readonly coders: BlockCoders },
): Promise<Decoded> {
  if (record.kind === 'end') {
    return { end: await readEnd(record) };
  }
  const { block, isSound } = await readBlock(record, header, mayInclude);
  const wanted = block?.images?.names.map((name, index) => only(name, block.first + index));
  if (block === undefined || !isSound) {
    return { block, pixels: 'damaged' };
  }
  if (!wanted?.includes(true)) {
    return { block, pixels: 'unwanted' };
  }
  const { imageShape, tiles } = header;
  const units = block.images!.shapes.map((shape) => (tiles ? tilesIn(shape, imageShape) : 1));
  const pixels = await coders.decode(
    { runs: block.runs, bytes: await record.readBytes() },
    // The last image is decoded first.
    { signal, ...(onImages && { onImages: countingImages(onImages, units.toReversed()) }) },
  );
  const size = units.reduce((sum, count) => sum + count, 0) * countDimensions(imageShape);
  const isRight = pixels?.length === size && shortSha256([pixels!]) === block.checksum;
  return { block, wanted, pixels: isRight ? pixels : 'undecodable' };
}

/** The wanted images of a block. */
function* unpackImages(
  { names, shapes }: NonNullable<DescribedBlock['images']>,
  pixels: Uint8Array,
  { imageShape, tiles }: ReadHeader,
  wanted: readonly boolean[],
): Generator<NamedImage> {
  const size = countDimensions(imageShape);
  let position = 0;
  for (const [index, name] of names.entries()) {
    const shape = shapes[index]!;
    const imageSize: ImageShape = [shape[0], shape[1], imageShape[2]];
    const length = (tiles ? tilesIn(imageSize, imageShape) : 1) * size;
    if (wanted[index]) {
      const stored = pixels.slice(position, position + length);
      const image = tiles ? joinTiles(stored, imageSize, imageShape) : stored;
      yield { name, shape, pixels: inChannels(image, imageShape[2], shape[2]) };
    }
    position += length;
  }
}

/** Undoes `fitImage`, which gives grey images three equal channels, or colourless ones a single channel. */
function inChannels(pixels: Uint8Array, from: number, to: number): Uint8Array {
  return from === to ? pixels : to === 1 ? grey(pixels) : inColour(pixels);
}

/** The images of a compressed file, and what could not be read of it. */
export interface Decompressed {
  /** The images that returned, in the order of the file. */
  readonly images: NamedImage[];
  /** One line for each damaged part; empty if every image returned. */
  readonly damaged: string[];
}

/**
 * Decompresses the bytes of a file: see `compress`. Every image that is returned has the pixels that were compressed; those
 * of damaged blocks are left out.
 *
 * @throws UserError (`invalid-data`) if it is another kind of file, or its header is damaged; (`not-ready`) if no model is
 * given, and the file has none or a damaged one; (`unsupported`) if a newer version has written it; (`mismatch`) if it was
 * compressed with another model; (`invalid-argument`) for an unknown option
 */
export async function decompress(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Decompressed> {
  if (!(bytes instanceof Uint8Array)) {
    throw new UserError('invalid-argument', 'decompress needs the bytes of a file, as a Uint8Array');
  }
  requireKnown(options, decompressOptions);
  const file = await openCompressed(inMemory(bytes, 'the file'), 'the file', options.model);
  const [images, damaged]: [NamedImage[], string[]] = [[], []];
  const onDamage = (problem: string): void => {
    damaged.push(problem);
    options.onDamage?.(problem);
  };
  for await (const image of imagesFrom(file, { ...options, onDamage })) {
    images.push(image);
  }
  return { images, damaged };
}
