// What records say about their bytes, as JSON: the names and shapes of images, and how they are stored.
import * as z from 'zod/mini';
import { countDimensions, type ImageShape } from '../../../core/numeric/index.ts';
import { maxSide } from '../../../data/contract/index.ts';
import { parsedJson } from '../../../data/files/index.ts';
import { imagesIn, MOST_VALUES, type Run } from '../model/blockCoder.ts';
import { tilesIn } from '../model/tiles.ts';
import type { FileHeader } from './header.ts';
import { type PackedName, packNames, unpackNames } from './packedNames.ts';
import { type FoundRecord, shortSha256 } from './records.ts';

/** The images of a block. */
interface BlockImages {
  /** How many images are before them in the file. */
  readonly first: number;
  readonly names: readonly string[];
  /** As they were given. */
  readonly shapes: readonly ImageShape[];
  readonly runs: readonly Run[];
}

/** A block as its record describes it. */
export interface DescribedBlock extends Pick<BlockImages, 'first' | 'runs'> {
  /** How many images it has. */
  readonly count: number;
  /** The values of these images, H·W·C each, added up. */
  readonly values: number;
  /** The checksum of its pixels, as the model takes them. */
  readonly checksum: string;
  /** Its images; undefined if only images elsewhere are wanted. */
  readonly images: Pick<BlockImages, 'names' | 'shapes'> | undefined;
}

/** Whether any of `count` images from position `first` on may be wanted; otherwise their names are not unpacked. */
export type BlockFilter = (first: number, count: number) => boolean;

/** How the images of a file are stored. */
type StoredAs = Pick<FileHeader, 'imageShape' | 'tiles'>;

/** How many images a block has by default, or tiles. */
export const DEFAULT_BLOCK = 2000;

/** The most images in a block of `bytes` bytes: beyond the default number, each must take at least a byte. */
export function maxImages(bytes: number): number {
  return Math.max(DEFAULT_BLOCK, bytes);
}

/** The most tiles likewise, which may be smaller and cost no name: each must take at least a bit. */
function maxStored(bytes: number): number {
  return Math.max(DEFAULT_BLOCK, 8 * bytes);
}

/** The description of a block. */
export function blockAbout(
  { first, names, shapes, runs, pixels }: BlockImages & { readonly pixels: Uint8Array },
  imageShape: ImageShape,
): string {
  const packed: PackedName[] = packNames(names);
  const packedShapes = packShapes(shapes);
  const isPlain = packedShapes.length === 1 && packedShapes[0]!.slice(0, 3).join() === imageShape.join();
  const about = {
    first,
    names: packed,
    ...(!isPlain && { shapes: packedShapes }),
    runs: runs.map(({ batch, count }) => [batch, count]),
    pixels: shortSha256([pixels]),
  };
  return withCheck(JSON.stringify(about));
}

/** A description with a checksum of itself, which tells what is lost if only the other bytes of a record are damaged. */
function withCheck(about: string): string {
  return `${about.slice(0, -1)},"check":"${shortSha256([about]).slice(0, 8)}"}`;
}

/** The characters that `withCheck` writes in place of the last one. */
const CHECK_LENGTH = withCheck('{}').length - 1;

/** More than a block's stack adds to the bytes of its images. */
const STACK_BYTES = 16;

const blockSchema = z.object({
  first: z.int().check(z.nonnegative()),
  names: z.unknown(),
  shapes: z.optional(z.unknown()),
  runs: z.unknown(),
  pixels: z.string(),
});

/**
 * Reads a description; undefined for anything that `blockAbout` doesn't write, or more images than the block can hold.
 *
 * @param bytes the size of the block's coded bytes
 */
export function readBlockAbout(
  about: string | undefined,
  bytes: number,
  { imageShape, tiles }: StoredAs,
  mayInclude: BlockFilter = () => true,
): DescribedBlock | undefined {
  const { data } = blockSchema.safeParse(parsedJson(about ?? ''));
  const runs = data && unpackRuns(data.runs, maxStored(bytes));
  if (data === undefined || runs === undefined) {
    return undefined;
  }
  const stored = imagesIn(runs);
  const storedValues = stored * countDimensions(imageShape);
  // A plain image takes 8 bits a value, and no batch takes more.
  if (storedValues > MOST_VALUES || bytes > storedValues + STACK_BYTES) {
    return undefined;
  }
  const shapes =
    data.shapes === undefined ? [{ shape: imageShape, count: stored }] : unpackShapes(data.shapes);
  const total = (each: (shape: ImageShape) => number): number =>
    (shapes ?? []).reduce((sum, { shape, count }) => sum + count * each(shape), 0);
  const count = total(() => 1);
  const isSize = ([height, width]: ImageShape): boolean =>
    height === imageShape[0] && width === imageShape[1];
  const isWhole = tiles
    ? total((shape) => tilesIn(shape, imageShape)) === stored
    : count === stored && shapes?.every(({ shape }) => isSize(shape));
  if (shapes === undefined || !isWhole || count > maxImages(bytes)) {
    return undefined;
  }
  const block = { first: data.first, count, values: total(countDimensions), runs, checksum: data.pixels };
  if (!mayInclude(data.first, count)) {
    return { ...block, images: undefined };
  }
  const names = unpackNames(data.names, count);
  return (
    names && {
      ...block,
      images: { names, shapes: shapes.flatMap(({ shape, count }) => Array<ImageShape>(count).fill(shape)) },
    }
  );
}

/** The description of a block, as far as it can be trusted, and whether no byte of its record is damaged. */
export async function readBlock(
  record: FoundRecord,
  header: StoredAs,
  mayInclude?: BlockFilter,
): Promise<{ readonly block: DescribedBlock | undefined; readonly isSound: boolean }> {
  const about = await record.readAbout();
  // First, because only a possible description bounds the bytes that are hashed.
  const block = readBlockAbout(about, record.bytes, header, mayInclude);
  const isSound = block !== undefined && (await record.isSound());
  return { block: isSound || isIntact(about) ? block : undefined, isSound };
}

/** Whether a description has its own checksum, whatever has become of the other bytes of its record. */
function isIntact(about: string | undefined): boolean {
  return about !== undefined && about === withCheck(`${about.slice(0, -CHECK_LENGTH)}}`);
}

const endSchema = z.object({
  blocks: z.int().check(z.nonnegative()),
  images: z.int().check(z.nonnegative()),
});

/** The end of a file: how much there is before it. */
export type FileEnd = z.infer<typeof endSchema>;

/** The description of the end. */
export function endAbout(end: FileEnd): string {
  return JSON.stringify(end);
}

/** Reads it; undefined for anything else, or a damaged record. */
export async function readEnd(record: FoundRecord): Promise<FileEnd | undefined> {
  const about = record.bytes === 0 ? await record.readAbout() : undefined;
  const { data } = endSchema.safeParse(parsedJson(about ?? ''));
  return data && (await record.isSound()) ? data : undefined;
}

/** The runs in a description; undefined if they are malformed or have more than `limit` images. */
function unpackRuns(packed: unknown, limit: number): Run[] | undefined {
  const runs: Run[] = [];
  let images = 0;
  for (const [batch, count] of listsIn(packed, 2)) {
    images += Math.max(1, batch!) * count!;
    if (!(count! > 0 && images <= limit)) {
      return undefined;
    }
    runs.push({ batch: batch!, count: count! });
  }
  return runs;
}

/** Shapes, each with the number of images that have it one after the other. */
type PackedShapes = [height: number, width: number, channels: number, count: number][];

function packShapes(shapes: readonly ImageShape[]): PackedShapes {
  const packed: PackedShapes = [];
  for (const shape of shapes) {
    const last = packed.at(-1);
    if (last && last.slice(0, 3).join() === shape.join()) {
      last[3]++;
    } else {
      packed.push([...shape, 1]);
    }
  }
  return packed;
}

/** The shapes in a description, each with the number of consecutive images that have it; undefined if they are malformed. */
function unpackShapes(packed: unknown): { readonly shape: ImageShape; readonly count: number }[] | undefined {
  const shapes: { shape: ImageShape; count: number }[] = [];
  for (const [height, width, channels, count] of listsIn(packed, 4)) {
    const isShape = isSide(height!) && isSide(width!) && (channels === 1 || channels === 3);
    if (!(isShape && count! > 0)) {
      return undefined;
    }
    shapes.push({ shape: [height!, width!, channels], count: count! });
  }
  return shapes;
}

function isSide(length: number): boolean {
  return length > 0 && length <= maxSide;
}

/** The lists of `length` counts in a list; anything else becomes a list of NaN. A schema would report every fault. */
function* listsIn(packed: unknown, length: number): Generator<readonly number[]> {
  for (const entry of Array.isArray(packed) ? (packed as unknown[]) : [[]]) {
    const isList = Array.isArray(entry) && entry.length === length;
    yield isList && entry.every((count) => Number.isSafeInteger(count) && count >= 0)
      ? (entry as number[])
      : Array.from({ length }, () => Number.NaN);
  }
}
