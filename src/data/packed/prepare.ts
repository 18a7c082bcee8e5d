// Prepares a dataset: every picture is decoded once and made into images of one size, in one packed file.
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { cleanedUpAfter } from '../../storage/cleanUp.ts';
import { OverBudget } from '../budget.ts';
import { deviationOf } from '../pixels/deviation.ts';
import { type FitOptions, type FittedPicture, fitPicture } from '../pixels/fitPicture.ts';
import { type Admit, maxDecodedBytes, type RawDataset, type RawImage, totalCount } from '../rawImages.ts';
import { mapInOrder } from './mapInOrder.ts';
import type { PackedHeader } from './packedHeader.ts';
import { PackedWriter } from './packedWriter.ts';
import { type SplitToPrepare, splitsToPrepare } from './splitsToPrepare.ts';

const flatTiles = 'tiles of nearly one colour';
const repeats = 'repeats';

/** How a dataset is prepared. */
export interface PrepareOptions extends FitOptions {
  /** The name or the path of the dataset, which the file remembers. */
  readonly source: string;
  /** The share of the training pictures that is held out for validation where pictures are cut into tiles. */
  readonly validation: number;
  /** Tiles whose pixels have a smaller standard deviation, in steps of 1/255, are left out. */
  readonly leastDeviation: number;
  /** Leaves out images that came before, in any split. */
  readonly unique?: boolean;
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
  return totalCount([train, ...(validation ? [validation] : []), test]);
}

/**
 * Prepares a dataset into a packed file that is there as a whole or not at all.
 *
 * Pictures that are damaged are left out and told. Of tiles, those of nearly one colour are left out, and all tiles of a
 * picture go to the same split (`splitsToPrepare`).
 *
 * @returns null if it was ended by its signal
 * @throws OverBudget; UserError if no image is left for train or for test; errors of the file system as they are
 */
export async function prepare(
  dataset: RawDataset,
  path: string,
  options: PrepareOptions,
): Promise<Prepared | null> {
  const writer = new PackedWriter(path);
  const work = new Preparation(writer, options);
  try {
    for (const split of await splitsToPrepare(dataset, options)) {
      await work.add(split);
      if (options.signal?.aborted) {
        writer.discard();
        return null;
      }
    }
    const { size, crop, channels, leastDeviation, unique, source } = options;
    const imageShape: ImageShape = [size, size, channels];
    const header = writer.finish({
      imageShape: [...imageShape],
      source,
      settings: {
        size,
        crop,
        channels,
        ...(crop === 'tiles' && { leastDeviation }),
        ...(unique && { unique: 'yes' }),
      },
      notes: Object.fromEntries([...work.notes].sort()),
    });
    return { header, damaged: work.damaged };
  } catch (error) {
    throw cleanedUpAfter(error, () => writer.discard());
  }
}

/** The pictures of a dataset on their way into a file. */
class Preparation {
  /** What happened to how many pictures or tiles. */
  readonly notes = new Map<string, number>();
  readonly damaged: string[] = [];
  private readonly writer: PackedWriter;
  private readonly options: PrepareOptions;
  private pictures = 0;
  /** The checksums of the images that were written, where repeats are left out. */
  private readonly written = new Set<string>();

  constructor(writer: PackedWriter, options: PrepareOptions) {
    this.writer = writer;
    this.options = options;
  }

  /** Writes the images of a split. */
  async add([name, split]: SplitToPrepare): Promise<void> {
    const { signal, onProgress } = this.options;
    const fitted = mapInOrder(
      split.images(),
      { items: 2 * availableParallelism(), bytes: maxDecodedBytes },
      (image, admit) => this.fitted(image, admit),
    );
    for await (const picture of fitted) {
      if (signal?.aborted) {
        return;
      }
      this.write(picture);
      this.pictures++;
      onProgress?.(this.pictures);
      // Images that are in memory already are decoded without a turn for signals.
      await nextTurn();
    }
    if (this.writer.endSplit(name) === 0 && name !== 'validation') {
      throw new UserError(
        'invalid-data',
        `${this.options.source}: no image is left for ${name}${this.why()}`,
      );
    }
  }

  /** The images of a picture, or the reason why there are none. */
  private async fitted(image: RawImage, admit: Admit): Promise<FittedPicture | UserError> {
    try {
      return fitPicture(await image.decode(admit), this.options);
    } catch (error) {
      if (error instanceof UserError && !(error instanceof OverBudget)) {
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
      const reason = this.reasonAgainst(image);
      if (reason === undefined) {
        this.writer.add(image);
      } else {
        this.note(reason);
      }
    }
  }

  /** Why an image is left out, if it is. */
  private reasonAgainst(image: Uint8Array): string | undefined {
    const { crop, channels, leastDeviation, unique } = this.options;
    if (crop === 'tiles' && deviationOf(image, channels) < leastDeviation) {
      return flatTiles;
    }
    if (unique) {
      const checksum = createHash('sha256').update(image).digest('base64');
      if (this.written.has(checksum)) {
        return repeats;
      }
      this.written.add(checksum);
    }
    return undefined;
  }

  private note(what: string): void {
    this.notes.set(what, (this.notes.get(what) ?? 0) + 1);
  }

  private why(): string {
    const reasons = ['damaged', 'too small for a tile', flatTiles, repeats].flatMap((note) =>
      this.notes.has(note) ? [`${this.notes.get(note)} ${note}`] : [],
    );
    return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  }
}
