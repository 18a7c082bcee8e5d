// Prepares a dataset: decodes every source image once and writes images of one size to a packed file.
import { cleanedUpAfter, UserError } from '../../core/errors.ts';
import {
  bytesOfValues,
  countNonFinite,
  type ImageShape,
  kindInWords,
  type ValueKind,
  type Values,
  valueKind,
} from '../../core/numeric/index.ts';
import { availableCores, nextTurn } from '../../core/platform/index.ts';
import { sha256 } from '../../core/platform/sha256.node.ts';
import type { Split } from '../contract/dataset.ts';
import { listSplits, only, type RawDataset, type RawImage, type RawSplit } from '../contract/rawImages.ts';
import { type Admit, maxDecodingBytes, OverBudget } from '../contract/reading.ts';
import { pixelDeviation } from '../pixels/deviation.ts';
import { type Crop, type FitOptions, type FittedPicture, fitPicture } from '../pixels/fitPicture.ts';
import { notFinite } from '../pixels/values.ts';
import { mapInOrder } from './mapInOrder.ts';
import type { PackedHeader } from './packedLayout.ts';
import { type PackedAbout, type PackedTarget, PackedWriter } from './packedWriter.ts';

const flatTiles = 'tiles of nearly one colour';
const duplicates = 'duplicates';

/** Flatter tiles show nothing but noise. */
export const defaultLeastDeviation = 1;

/** The options of `prepare`. */
export interface PrepareOptions extends FitOptions {
  /** The name or path of the dataset, recorded in the file. */
  readonly source: string;
  /** The share of training images held out for validation when images are cut into tiles. */
  readonly validation: number;
  /** Tiles with a smaller standard deviation, in units of 1/255, are left out. */
  readonly leastDeviation: number;
  /** Leaves out duplicates of earlier images, in any split. */
  readonly unique?: boolean;
  /** The number of training images that the dataset has been limited to, recorded in the file. */
  readonly limit?: number | undefined;
  /** Stops the work and deletes the partial file. */
  readonly signal?: AbortSignal;
  /** Called with the number of source images done. */
  onProgress?(pictures: number): void;
  /** Called with a line for each corrupt source image. */
  onDamaged?(reason: string): void;
}

interface Prepared {
  readonly header: PackedHeader;
  /** A line for each corrupt source image, which was left out. */
  readonly damaged: readonly string[];
}

/**
 * Prepares a dataset into a packed file, which is written completely or not at all.
 *
 * Corrupt images are skipped and reported. Tiles of nearly one colour are left out, and all tiles of an image
 * go to the same split (`splitsToPrepare`).
 *
 * @returns null if the signal stopped it
 * @throws OverBudget; UserError if no images remain for train or for test; file system errors unchanged
 */
export async function prepare(
  dataset: RawDataset,
  target: PackedTarget,
  options: PrepareOptions,
): Promise<Prepared | null> {
  const writer = new PackedWriter(target);
  const work = new Preparation(writer, options);
  try {
    for (const split of await splitsToPrepare(dataset, options)) {
      await work.add(split);
      if (work.isStopped) {
        writer.discard();
        return null;
      }
    }
    const { size, crop, leastDeviation, unique, limit, source } = options;
    const { kind, channels } = work;
    const imageShape: ImageShape = [size, size, channels];
    const about = {
      imageShape: [...imageShape] satisfies PackedAbout['imageShape'],
      ...(kind !== 'uint8' && { values: kind }),
      source,
      settings: {
        size,
        crop,
        channels,
        ...(crop === 'tiles' && { leastDeviation }),
        ...(unique && { unique: 'yes' }),
        ...(limit !== undefined && { limit }),
      },
      notes: Object.fromEntries([...work.notes].sort()),
    };
    const header = writer.finish(about, dataset.classes);
    return { header, damaged: work.damaged };
  } catch (error) {
    throw cleanedUpAfter(error, () => writer.discard());
  }
}

interface NamedPicture {
  readonly name: string;
  /** The number of its class; undefined if it has no label. */
  readonly label: number | undefined;
  readonly picture: FittedPicture | UserError;
}

class Preparation {
  /** How many source images or tiles were affected, by note. */
  readonly notes = new Map<string, number>();
  readonly damaged: string[] = [];
  private readonly writer: PackedWriter;
  private readonly options: PrepareOptions;
  /** Whether the signal has stopped the work. */
  isStopped = false;
  /** The kind and the channels of all images, taken from the first one. */
  kind: ValueKind = 'uint8';
  channels: number;
  private isFirst = true;
  private done = 0;
  /** The checksums of written images, if duplicates are left out. */
  private readonly written = new Set<string>();

  constructor(writer: PackedWriter, options: PrepareOptions) {
    this.writer = writer;
    this.options = options;
    this.channels = options.channels;
  }

  async add([name, split]: SplitToPrepare): Promise<void> {
    const { onProgress } = this.options;
    for await (const picture of this.pictures(split)) {
      this.write(picture);
      this.done++;
      onProgress?.(this.done);
      // Decoding images from memory never yields to the event loop, which signals need.
      await nextTurn();
    }
    if (this.isStopped) {
      return;
    }
    if (this.writer.endSplit(name) === 0 && name !== 'validation') {
      throw new UserError(
        'invalid-data',
        `${this.options.source}: no images remain for ${name}${this.why()}`,
      );
    }
  }

  /** What has become of all source images, in order. */
  private async *pictures(split: RawSplit): AsyncGenerator<NamedPicture, void, void> {
    const limits = { items: 2 * availableCores(), bytes: maxDecodingBytes };
    const pictures = mapInOrder(split.images(), limits, async (image, admit) => ({
      name: image.name,
      label: image.label,
      picture: await this.fitted(image, admit),
    }));
    for await (const picture of pictures) {
      if (this.options.signal?.aborted) {
        this.isStopped = true;
        return;
      }
      yield picture;
    }
  }

  private async fitted(image: RawImage, admit: Admit): Promise<FittedPicture | UserError> {
    try {
      const fitted = fitPicture(await image.decode(admit), this.options);
      const wrong = fitted.images.reduce((sum, values) => sum + countNonFinite(values), 0);
      return wrong === 0 ? fitted : new UserError('invalid-data', notFinite(image.name, wrong));
    } catch (error) {
      if (error instanceof UserError && !(error instanceof OverBudget)) {
        return error;
      }
      throw error;
    }
  }

  private write({ name, label, picture }: NamedPicture): void {
    if (picture instanceof UserError) {
      this.note('damaged');
      this.damaged.push(picture.message);
      this.options.onDamaged?.(picture.message);
      return;
    }
    picture.notes.forEach((note) => {
      this.note(note);
    });
    const isTiled = this.options.crop === 'tiles';
    this.requireSame(name, picture);
    for (const [tile, image] of picture.images.entries()) {
      const reason = this.exclusionReason(image);
      if (reason === undefined) {
        this.writer.add(image, isTiled ? `${name}#${tile}` : name, label);
      } else {
        this.note(reason);
      }
    }
  }

  /** Throws UserError if images have another kind of values, or other channels, than the first. */
  private requireSame(name: string, { images, channels }: FittedPicture): void {
    const kind = valueKind(images[0]);
    if (kind === undefined) {
      return;
    }
    if (this.isFirst) {
      [this.kind, this.channels, this.isFirst] = [kind, channels, false];
    }
    if (kind !== this.kind || channels !== this.channels) {
      const [actual, expected] = [
        [kind, channels],
        [this.kind, this.channels],
      ].map(([valueKind, each]) => `${kindInWords(valueKind as ValueKind)} in ${each} channels`);
      throw new UserError(
        'invalid-data',
        `${this.options.source}: the values of ${name} are ${actual}, but those of earlier images are ${expected}: prepare them separately`,
      );
    }
  }

  private exclusionReason(image: Values): string | undefined {
    const { crop, leastDeviation, unique } = this.options;
    // The unit of real numbers is unknown: of their tiles, only constant ones are left out.
    const least = image instanceof Float32Array ? Math.min(leastDeviation, Number.MIN_VALUE) : leastDeviation;
    if (crop === 'tiles' && pixelDeviation(image, this.channels) < least) {
      return flatTiles;
    }
    if (unique) {
      const checksum = sha256([bytesOfValues(image)]);
      if (this.written.has(checksum)) {
        return duplicates;
      }
      this.written.add(checksum);
    }
    return undefined;
  }

  private note(text: string): void {
    this.notes.set(text, (this.notes.get(text) ?? 0) + 1);
  }

  private why(): string {
    const reasons = ['damaged', 'too small for a tile', flatTiles, duplicates].flatMap((note) =>
      this.notes.has(note) ? [`${this.notes.get(note)} ${note}`] : [],
    );
    return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  }
}

type SplitToPrepare = readonly [name: Split, pictures: RawSplit];

/**
 * The splits of the source, in the order of writing. If it has no validation images and images are cut into tiles, the share `validation` of its training images is held out, selected by name. Otherwise
 * validation images are held out when the file is opened, as for any dataset.
 */
async function splitsToPrepare(
  source: RawDataset,
  { crop, validation: share }: { readonly crop: Crop; readonly validation: number },
): Promise<SplitToPrepare[]> {
  const { train, validation, test } = source;
  if (validation || crop !== 'tiles') {
    return listSplits(source);
  }
  const held = await heldOutPictures(train, share);
  return [
    ['train', only(train, (name) => !held.has(name))],
    ['validation', only(train, (name) => held.has(name))],
    ['test', test],
  ];
}

/**
 * The names of the images to hold out: those with the smallest hashes, so that they stay mostly the same when
 * a dataset grows; at least one if the share is not 0 and there are two images.
 */
async function heldOutPictures(train: RawSplit, share: number): Promise<ReadonlySet<string>> {
  const names: string[] = [];
  for await (const { name } of train.images()) {
    names.push(name);
  }
  const count = share === 0 ? 0 : Math.max(1, Math.round(share * names.length));
  const ranks = new Map(names.map((name) => [name, sha256([name])]));
  const ordered = names.toSorted((a, b) => (ranks.get(a)! < ranks.get(b)! ? -1 : 1));
  return new Set(ordered.slice(0, Math.min(count, names.length - 1)));
}
