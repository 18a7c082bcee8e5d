// What records say about their bytes, as JSON: the names and shapes of images, and how they are stored.
import * as z from 'zod/mini';
import { maxSide } from '../../data/contract/rawImages.ts';
import { dimensionsOf, type ImageShape } from '../../numeric/imageShape.ts';
import { parsedJson } from '../../storage/jsonText.ts';
import { imagesIn, type Run } from '../model/blockCoder.ts';
import { tilesIn } from '../model/tiles.ts';
import type { FileHeader } from './header.ts';
import { type PackedName, packNames, unpackNames } from './packedNames.ts';
import { shortSha256 } from './records.ts';

/** The images of a block. */
export interface BlockImages {
  /** How many images are before them in the file. */
  readonly first: number;
  readonly names: readonly string[];
  /** As they were given. */
  readonly shapes: readonly ImageShape[];
  readonly runs: readonly Run[];
}

/** A block as its record describes it. */
export interface DescribedBlock extends BlockImages {
  /** The checksum of its pixels, as the model takes them. */
  readonly checksum: string;
}

/** How the images of a file are stored. */
export type StoredAs = Pick<FileHeader, 'imageShape' | 'tiles'>;

/** How many images a block has by default, or tiles. */
export const DEFAULT_BLOCK = 2000;

/** The most images, or tiles, in a block of `bytes` bytes: beyond the default number, each must take at least a bit. */
function maxImages(bytes: number): number {
  return Math.max(DEFAULT_BLOCK, 8 * bytes);
}

/** The description of a block. */
export function blockAbout(
  { first, names, shapes, runs, pixels }: BlockImages & { readonly pixels: Uint8Array },
  imageShape: ImageShape,
): string {
  const packed: PackedName[] = packNames(names);
  const own = packShapes(shapes);
  const isPlain = own.length === 1 && own[0]!.slice(0, 3).join() === imageShape.join();
  const about = {
    first,
    names: packed,
    ...(!isPlain && { shapes: own }),
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

/** More than the bytes that a block's stack adds to those of its images. */
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
): DescribedBlock | undefined {
  const { data } = blockSchema.safeParse(parsedJson(about ?? ''));
  const limit = maxImages(bytes);
  const runs = unpackRuns(data?.runs, limit);
  const names = runs && unpackNames(data?.names, limit);
  if (data === undefined || runs === undefined || names === undefined) {
    return undefined;
  }
  const shapes =
    data.shapes === undefined ? names.map(() => imageShape) : unpackShapes(data.shapes, names.length);
  if (shapes === undefined) {
    return undefined;
  }
  const isSize = ([height, width]: ImageShape): boolean =>
    height === imageShape[0] && width === imageShape[1];
  const stored = tiles ? shapes.reduce((sum, shape) => sum + tilesIn(shape, imageShape), 0) : shapes.length;
  const isWhole = stored === imagesIn(runs) && (tiles || shapes.every(isSize));
  // A plain image takes 8 bits a value, and no batch takes more.
  return isWhole && bytes <= stored * dimensionsOf(imageShape) + STACK_BYTES
    ? { first: data.first, names, shapes, runs, checksum: data.pixels }
    : undefined;
}

/** Reads the description of a damaged record; undefined unless it is intact. */
export function readLostAbout(
  about: string | undefined,
  bytes: number,
  header: StoredAs,
): DescribedBlock | undefined {
  return about !== undefined && about === withCheck(`${about.slice(0, -CHECK_LENGTH)}}`)
    ? readBlockAbout(about, bytes, header)
    : undefined;
}

const endSchema = z.object({
  blocks: z.int().check(z.nonnegative()),
  images: z.int().check(z.nonnegative()),
});

/** What the end of a file says: how much there is before it. */
export type FileEnd = z.infer<typeof endSchema>;

/** The description of the end. */
export function endAbout(end: FileEnd): string {
  return JSON.stringify(end);
}

/** Reads it; undefined for anything else. */
export function readEndAbout(about: string | undefined): FileEnd | undefined {
  return endSchema.safeParse(parsedJson(about ?? '')).data;
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

/** The shapes in a description; undefined if they are malformed or don't belong to `images` images. */
function unpackShapes(packed: unknown, images: number): ImageShape[] | undefined {
  const shapes: ImageShape[] = [];
  for (const [height, width, channels, count] of listsIn(packed, 4)) {
    const isShape = isSide(height!) && isSide(width!) && (channels === 1 || channels === 3);
    if (!(isShape && count! > 0 && shapes.length + count! <= images)) {
      return undefined;
    }
    const shape: ImageShape = [height!, width!, channels];
    for (let index = 0; index < count!; index++) {
      shapes.push(shape);
    }
  }
  return shapes.length === images ? shapes : undefined;
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
