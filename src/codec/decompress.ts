// Decompresses a file: image by image, block by block. Damage costs blocks, and never changes a pixel.
import { mapInOrder } from '../data/packed/mapInOrder.ts';
import { grey, inColour } from '../data/pixels/resize.ts';
import { option, phrase, UserError } from '../errors.ts';
import { dimensionsOf, type ImageShape, showImageShape } from '../numeric/imageShape.ts';
import { requireWhole } from '../numeric/optionValues.ts';
import { memoryFiles } from '../storage/memoryFiles.ts';
import { inMemory, type RandomAccess } from '../storage/randomAccess.ts';
import { readExport, WEIGHTS_FILE } from '../trained/loading/readExport.ts';
import { fingerprintOf } from '../trained/model/fingerprint.ts';
import type { TrainedModel } from '../trained/model/trainedModel.ts';
import type { BlockCoders, BlockWork } from './blocks.ts';
import { startCoders } from './coders.node.ts';
import { type DescribedBlock, type FileEnd, readBlockAbout, readEndAbout } from './file/abouts.ts';
import { type ReadHeader, readHeader } from './file/header.ts';
import { type FoundRecord, recordsIn, shortSha256 } from './file/records.ts';
import type { NamedImage } from './namedImage.ts';
import { imageOf, tilesIn } from './tiles.ts';

/** How a file is decompressed. */
export interface DecompressOptions {
  /** The model; by default the one in the file. */
  readonly model?: TrainedModel | undefined;
  /** How many blocks are decoded at the same time, as for `compress`; default 1. */
  readonly workers?: number | undefined;
  /**
   * Which images to return, by their names and their positions in the file, from 0; default all. Blocks without any of them
   * aren't decoded.
   */
  only?(name: string, index: number): boolean;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of images, or tiles, done since the last call. */
  onImages?(images: number): void;
  /** Called with a line for each damaged part, or for what is missing. */
  onDamage?(problem: string): void;
}

/** An opened file of compressed images. */
export interface CompressedFile {
  readonly source: string;
  readonly bytes: RandomAccess;
  readonly header: ReadHeader;
  /** The model to decompress with. */
  readonly model: TrainedModel;
}

/**
 * Opens a file of compressed images, and checks that it has its model, or the one given.
 *
 * @param source the file, for errors
 * @throws UserError (`invalid-data`) if it is another kind of file, or damaged where it says how to read it; (`not-ready`) if
 * no model is given, and the file has none or a damaged one; (`unsupported`) if a newer version has written it; (`mismatch`) if
 * it was compressed with another model
 */
export async function openCompressed(
  bytes: RandomAccess,
  source: string,
  given?: TrainedModel,
): Promise<CompressedFile> {
  const header = await readHeader(bytes, source);
  const model = given ?? (await embeddedModel(header, source));
  const isSame =
    fingerprintOf(model) === header.model &&
    showImageShape(model.model.imageShape) === showImageShape(header.imageShape);
  if (!isSame) {
    throw new UserError(
      'mismatch',
      given
        ? `${source} was compressed with another model, or with other weights of this one; name the one it was compressed with`
        : `${source} is damaged: it contains another model than it names; name the one it was compressed with`,
    );
  }
  return { source, bytes, header, model };
}

async function embeddedModel(header: ReadHeader, source: string): Promise<TrainedModel> {
  const bytes = await header.readModel();
  if (!bytes) {
    throw new UserError(
      'not-ready',
      phrase`${bytes === null ? `the model in ${source} is damaged` : `${source} doesn't contain its model`}: name it with ${option('model', 'MODEL')}`,
    );
  }
  return readExport(memoryFiles(source, { [WEIGHTS_FILE]: bytes }));
}

/** How many blocks a file has, found without reading them. */
export async function countBlocks({ bytes, header }: CompressedFile): Promise<number> {
  let blocks = 0;
  for await (const { kind } of recordsIn(bytes, header.end)) {
    blocks += kind === 'block' ? 1 : 0;
  }
  return blocks;
}

/** The images of a file, in order. Images of damaged blocks are left out and reported. */
export async function* imagesFrom(
  file: CompressedFile,
  options: Omit<DecompressOptions, 'model'> = {},
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
  { signal, onImages, onDamage, only = () => true }: Omit<DecompressOptions, 'model'> = {},
): AsyncGenerator<NamedImage> {
  const { imageShape } = header;
  let [images, blocks]: [number, number] = [0, 0];
  let end: FileEnd | undefined;
  const damage = (problem: string): void => onDamage?.(`${source}: ${problem}`);
  const decoded = mapInOrder(
    recordsIn(bytes, header.end),
    { items: coders.atOnce, bytes: Number.POSITIVE_INFINITY },
    async (record) => ({
      record,
      ...(await decodedRecord(record, header, { coders, only, signal, ...(onImages && { onImages }) })),
    }),
  );
  for await (const { record, block, pixels, end: found } of decoded) {
    end ??= found;
    // A record that was copied within the file is read once.
    if (record.kind === 'end' || record.number < blocks) {
      continue;
    }
    for (; blocks < record.number; blocks++) {
      damage(`block ${blocks} is damaged; its images are lost`);
    }
    blocks = record.number + 1;
    if (block === undefined) {
      damage(`block ${record.number} is damaged; its images are lost`);
    } else if (pixels === undefined) {
      damage(
        `block ${record.number} (${block.names[0]}, …) can't be decoded here: its images were compressed with another runtime ` +
          `(${header.runtime.slice(0, 16)}): use the version of this program that compressed them`,
      );
    } else {
      images += block.names.length;
      if (pixels !== 'unwanted') {
        for (const [index, image] of imagesOf(block, pixels, imageShape, header.tiles)) {
          if (only(image.name, index)) {
            yield image;
          }
        }
      }
    }
  }
  if (end === undefined) {
    damage(`the file ends too early: what follows block ${blocks - 1} is missing`);
    return;
  }
  for (; blocks < end.blocks; blocks++) {
    damage(`block ${blocks} is damaged; its images are lost`);
  }
  if (images < end.images) {
    damage(`${end.images - images} of ${end.images} images are lost`);
  }
}

/** A record, decoded: a block with its pixels, as far as it is intact, or the end. */
interface Decoded {
  readonly block?: DescribedBlock | undefined;
  readonly pixels?: Uint8Array | 'unwanted' | undefined;
  readonly end?: FileEnd | undefined;
}

async function decodedRecord(
  found: FoundRecord,
  { imageShape, tiles }: ReadHeader,
  {
    coders,
    only,
    ...work
  }: BlockWork & { readonly coders: BlockCoders; only(name: string, index: number): boolean },
): Promise<Decoded> {
  const record = await found.read();
  if (record === undefined) {
    return {};
  }
  if (record.kind === 'end') {
    return { end: readEndAbout(record.about) };
  }
  const block = readBlockAbout(record.about, imageShape);
  if (block === undefined) {
    return {};
  }
  if (!block.names.some((name, index) => only(name, block.first + index))) {
    return { block, pixels: 'unwanted' };
  }
  const pixels = await coders.decode({ runs: block.runs, bytes: record.bytes }, work);
  const units = block.shapes.reduce((sum, shape) => sum + (tiles ? tilesIn(shape, imageShape) : 1), 0);
  const isRight =
    pixels?.length === units * dimensionsOf(imageShape) && shortSha256([pixels]) === block.checksum;
  return { block, pixels: isRight ? pixels : undefined };
}

/** The images of a block, each with its position in the file. */
function* imagesOf(
  { first, names, shapes }: DescribedBlock,
  pixels: Uint8Array,
  imageShape: ImageShape,
  tiles: boolean,
): Generator<[index: number, image: NamedImage]> {
  const size = dimensionsOf(imageShape);
  let position = 0;
  for (const [index, name] of names.entries()) {
    const shape = shapes[index]!;
    const whole: ImageShape = [shape[0], shape[1], imageShape[2]];
    const length = (tiles ? tilesIn(whole, imageShape) : 1) * size;
    const own = pixels.slice(position, position + length);
    position += length;
    const image = tiles ? imageOf(own, whole, imageShape) : own;
    yield [first + index, { name, shape, pixels: inChannels(image, imageShape[2], shape[2]) }];
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
 * @throws UserError (`invalid-data`) if it is another kind of file, or damaged where it says how to read it; (`not-ready`) if
 * no model is given, and the file has none or a damaged one; (`unsupported`) if a newer version has written it; (`mismatch`) if
 * it was compressed with another model
 */
export async function decompress(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Decompressed> {
  if (!(bytes instanceof Uint8Array)) {
    throw new UserError('invalid-argument', 'decompress needs the bytes of a file, as a Uint8Array');
  }
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
