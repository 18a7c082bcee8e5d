// What records say about their bytes, as JSON: the names and shapes of images, and how they are stored.
import * as z from 'zod/mini';
import { maxSide } from '../../data/contract/rawImages.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { parsedJson } from '../../storage/jsonText.ts';
import type { Run } from '../model/blockCoder.ts';
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
  return JSON.stringify({ ...about, check: checkOf(about) });
}

/** A checksum of the description alone, which tells what is lost if only the other bytes of a record are damaged. */
function checkOf(about: object): string {
  return shortSha256([JSON.stringify(about)]).slice(0, 8);
}

const count = z.int().check(z.positive());
const side = z.int().check(z.positive(), z.maximum(maxSide));
const blockSchema = z.object({
  first: z.int().check(z.nonnegative()),
  names: z.unknown(),
  shapes: z.optional(z.array(z.tuple([side, side, z.union([z.literal(1), z.literal(3)]), count]))),
  runs: z.array(z.tuple([z.int().check(z.nonnegative()), count])),
  pixels: z.string(),
});

/** Reads a description; undefined for anything that `blockAbout` doesn't make. */
export function readBlockAbout(
  about: string | undefined,
  imageShape: ImageShape,
): DescribedBlock | undefined {
  const { data } = blockSchema.safeParse(parsedJson(about ?? ''));
  const names = unpackNames(data?.names);
  if (data === undefined || names === undefined) {
    return undefined;
  }
  const shapes =
    data.shapes === undefined ? names.map(() => imageShape) : unpackShapes(data.shapes, names.length);
  const runs = data.runs.map(([batch, runCount]) => ({ batch, count: runCount }));
  return shapes.length === names.length
    ? { first: data.first, names, shapes, runs, checksum: data.pixels }
    : undefined;
}

/** Reads the description of a damaged record; undefined unless it is intact. */
export function readLostAbout(about: string | undefined, imageShape: ImageShape): DescribedBlock | undefined {
  const parsed = parsedJson(about ?? '');
  if (typeof parsed !== 'object' || parsed === null || !('check' in parsed)) {
    return undefined;
  }
  const { check, ...rest } = parsed;
  return check === checkOf(rest) ? readBlockAbout(about, imageShape) : undefined;
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

/** At most one shape more than there are images. */
function unpackShapes(packed: PackedShapes, images: number): ImageShape[] {
  const shapes: ImageShape[] = [];
  for (const [height, width, channels, number] of packed) {
    for (let index = 0; index < number && shapes.length <= images; index++) {
      shapes.push([height, width, channels]);
    }
  }
  return shapes;
}
