// Prepares a dataset: every picture is decoded once and made into images of one size, in one packed file.
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { UserError } from '../errors.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { type FitOptions, type FittedPicture, fitPicture, isConstant } from './fitPicture.ts';
import { mapInOrder } from './mapInOrder.ts';
import type { PackedHeader, packedSplits } from './packedFile.ts';
import { PackedWriter } from './packedWriter.ts';
import type { RawDataset, RawImage, RawSplit } from './rawImages.ts';

/** How a dataset is prepared. */
export interface PrepareOptions extends FitOptions {
  /** The name or the path of the dataset, which the file remembers. */
  readonly source: string;
  /** The share of the training pictures that is held out for validation where pictures are cut into tiles. */
  readonly validation: number;
  /** Ends the work; nothing is left of it then. */
  readonly signal?: AbortSignal;
  /** Called as pictures are done, with how many. */
  onProgress?(pictures: number): void;
  /** Called for each picture that is damaged, with the line that says so. */
  onDamaged?(reason: string): void;
}

/** What was prepared. */
export interface Prepared {
  readonly header: PackedHeader;
  /** A line for each picture that was damaged and left out. */
  readonly damaged: readonly string[];
}

/** The number of pictures of a dataset; null where it is only known at the end. */
export function countPictures({ train, validation, test }: RawDataset): number | null {
  const counts = [train, validation, test].flatMap((split) => (split ? [split.count] : []));
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

/**
 * Prepares a dataset into a packed file that is there as a whole or not at all.
 *
 * Pictures that are damaged are left out and told. Of tiles, those of one colour are left out, and all tiles of a
 * picture go to the same split: where the source has no validation images of its own, those of some of its training
 * pictures are held out, chosen by the pictures' names. Whole images are held out when the file is opened instead, as
 * those of any dataset are.
 *
 * @returns null if it was ended by its signal
 * @throws UserError if no image is left for train or for test; errors of the file system as they are
 */
export async function prepare(
  dataset: RawDataset,
  path: string,
  options: PrepareOptions,
): Promise<Prepared | null> {
  const writer = new PackedWriter(path);
  const work = new Preparation(writer, options);
  try {
    for (const [name, split, counts] of await splitsOf(dataset, options)) {
      await work.add(name, split, counts);
      if (options.signal?.aborted) {
        writer.discard();
        return null;
      }
    }
    const { size, crop, channels, source } = options;
    const imageShape: ImageShape = [size, size, channels];
    const header = writer.finish({
      imageShape: [...imageShape],
      source,
      settings: { size, crop, channels },
      notes: Object.fromEntries([...work.notes].sort()),
    });
    return { header, damaged: work.damaged };
  } catch (error) {
    writer.discard();
    throw error;
  }
}

type Chosen = (image: RawImage) => boolean;

/** The splits to write, each with the part of the source's that it takes. */
async function splitsOf(
  { train, validation, test }: RawDataset,
  { crop, validation: share }: PrepareOptions,
): Promise<[name: (typeof packedSplits)[number], split: RawSplit, chosen: Chosen][]> {
  const all: Chosen = () => true;
  if (validation) {
    return [
      ['train', train, all],
      ['validation', validation, all],
      ['test', test, all],
    ];
  }
  if (crop !== 'tiles') {
    return [
      ['train', train, all],
      ['test', test, all],
    ];
  }
  const held = await heldOutPictures(train, share);
  return [
    ['train', train, ({ name }) => !held.has(name)],
    ['validation', train, ({ name }) => held.has(name)],
    ['test', test, all],
  ];
}

/**
 * The names of the pictures to hold out: the share of them whose names have the smallest checksums, so that a set that
 * grows holds out mostly the same; at least one if the share is not 0 and there are two.
 */
async function heldOutPictures(train: RawSplit, share: number): Promise<ReadonlySet<string>> {
  const names: string[] = [];
  for await (const { name } of train.images()) {
    names.push(name);
  }
  const count = share === 0 ? 0 : Math.max(1, Math.round(share * names.length));
  const ranks = new Map(names.map((name) => [name, createHash('sha256').update(name).digest('hex')]));
  const ordered = names.toSorted((a, b) => (ranks.get(a)! < ranks.get(b)! ? -1 : 1));
  return new Set(ordered.slice(0, Math.min(count, names.length - 1)));
}

/** The pictures of a dataset on their way into a file. */
class Preparation {
  /** What happened to how many pictures or tiles. */
  readonly notes = new Map<string, number>();
  readonly damaged: string[] = [];
  private readonly writer: PackedWriter;
  private readonly options: PrepareOptions;
  private pictures = 0;

  constructor(writer: PackedWriter, options: PrepareOptions) {
    this.writer = writer;
    this.options = options;
  }

  /** Writes the images of a split. */
  async add(name: (typeof packedSplits)[number], split: RawSplit, chosen: Chosen): Promise<void> {
    const { signal, onProgress } = this.options;
    const pictures = mapInOrder(only(split, chosen), 2 * availableParallelism(), (image) =>
      this.fitted(image),
    );
    for await (const picture of pictures) {
      if (signal?.aborted) {
        return;
      }
      this.write(picture);
      this.pictures++;
      onProgress?.(this.pictures);
      // Images that are in memory already are decoded without a turn for signals.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.writer.endSplit(name) === 0 && name !== 'validation') {
      throw new UserError(`${this.options.source}: no image is left for ${name}${this.why()}`);
    }
  }

  /** The images of a picture, or the reason why there are none. */
  private async fitted(image: RawImage): Promise<FittedPicture | UserError> {
    try {
      return fitPicture(await image.decode(), this.options);
    } catch (error) {
      if (error instanceof UserError) {
        return error;
      }
      throw error;
    }
  }

  private write(picture: FittedPicture | UserError): void {
    if (picture instanceof UserError) {
      this.note('damaged');
      this.damaged.push(picture.message);
      this.options.onDamaged?.(picture.message);
      return;
    }
    picture.notes.forEach((note) => {
      this.note(note);
    });
    for (const image of picture.images) {
      if (this.options.crop === 'tiles' && isConstant(image, this.options.channels)) {
        this.note('tiles of one colour');
      } else {
        this.writer.add(image);
      }
    }
  }

  private note(what: string): void {
    this.notes.set(what, (this.notes.get(what) ?? 0) + 1);
  }

  private why(): string {
    const reasons = ['damaged', 'too small for a tile', 'tiles of one colour'].flatMap((note) =>
      this.notes.has(note) ? [`${this.notes.get(note)} ${note}`] : [],
    );
    return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  }
}

async function* only(split: RawSplit, chosen: Chosen): AsyncGenerator<RawImage, void, void> {
  for await (const image of split.images()) {
    if (chosen(image)) {
      yield image;
    }
  }
}
