// Collects the images of splits into sets that are read by index: image files are decoded into memory.
import { call, type Phrase, phrase, UserError } from '../../core/errors.ts';
import {
  bytesOfValue,
  copyInto,
  countNonFinite,
  type ImageShape,
  kindInWords,
  showImageShape,
  type ValueKind,
  valueKind,
  zeros,
} from '../../core/numeric/index.ts';
import { type DatasetSource, type ImageSet, imagesInMemory, labelled } from '../contract/dataset.ts';
import {
  type DecodedImage,
  listSplits,
  type RawDataset,
  type RawImage,
  type RawSplit,
} from '../contract/rawImages.ts';
import { maxDecodingBytes, maxLoadedBytes } from '../contract/reading.ts';
import { CorruptFile } from '../formats/bytes.ts';
import { inColour } from '../pixels/channels.ts';
import { commonKind, inKind, NotFiniteValues } from '../pixels/values.ts';

/** Images that take more than this to decode, 32 MiB, must fit into the memory for decoding one. */
const largeBytes = 2 ** 25;
/** The memory that an image takes in addition to its pixels. */
const imageOverhead = 1024;

/**
 * All images of a dataset. If they are decoded, they must have the same size; if any is in colour, grey ones become colour.
 *
 * @throws UserError if an image is corrupt, differs in size from the first, or there are too many
 */
export async function loadImages(
  raw: RawDataset,
  source: string,
  options: LoadOptions = {},
): Promise<DatasetSource> {
  const collector = new Collector(source, { ...options, classes: raw.classes });
  const setsByName = new Map<string, ImageSet | Collected>();
  for (const [name, split] of listSplits(raw)) {
    setsByName.set(name, (await split.set?.()) ?? (await collector.collect(split, name)));
  }
  // Only now are the channels of all images known.
  const sets = new Map(
    [...setsByName].map(([name, images]) => [name, 'read' in images ? images : collector.imageSet(images)]),
  );
  const [train, validation, test] = ['train', 'validation', 'test'].map((name) => sets.get(name)!) as [
    ImageSet,
    ImageSet | undefined,
    ImageSet,
  ];
  const warnings = [
    ...(raw.warnings ?? []),
    ...collector.warnings(),
    ...countWarnings(raw, train.count + (validation?.count ?? 0), test.count),
  ];
  const notes = raw.train.set ? raw.notes : collector.notes();
  return {
    train,
    ...(validation && { validation }),
    test,
    ...(notes && { notes }),
    ...(raw.whyNoLabels !== undefined && { whyNoLabels: raw.whyNoLabels }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function countWarnings({ published }: RawDataset, train: number, test: number): string[] {
  return published === undefined || (train === published.train && test === published.test)
    ? []
    : [
        `${published.path}: ${train} training and ${test} test images, but ${published.name} has ${published.train} and ${published.test}`,
      ];
}

/** Says that float64 values were rounded, by at most a share of the largest value. */
export function roundingWarning(source: string, rounding: number, largest: string): string {
  return `${source}: float64 values are rounded to float32, by at most ${rounding.toExponential(1)} of the largest ${largest}`;
}

/** How images are decoded into memory. */
interface LoadOptions {
  /** The classes of the images; by default the classes of their dataset. */
  readonly classes?: readonly string[] | undefined;
  /** The height of the images that are wanted, for advice; by default unknown. */
  readonly side?: number | undefined;
  /** What to do about images of several sizes, or too many, as the end of an error; by default prepare them. */
  adviseToFit?(size: number): Phrase;
  /** Called with the number of images decoded. */
  onProgress?(images: number): void;
}

/** Which images `loadSplit` decodes. */
interface SplitToLoad {
  /** The dataset's name or path, for errors. */
  readonly source: string;
  /** The name of the split, for errors. */
  readonly name: string;
  /** The names of the classes of its dataset, if that has labels. */
  readonly classes?: readonly string[] | undefined;
  /** The image shape of the model it is used with: if that has colour, grey images become colour. */
  readonly like?: ImageShape | undefined;
  /** The number of images to decode, from the first; all by default. */
  readonly most?: number | undefined;
  /** If an image differs from `like` in height or width, return only this image: the caller then refuses it. */
  readonly oneIfOther?: boolean | undefined;
  /** As for `loadImages`. */
  adviseToFit?(size: number): Phrase;
}

/**
 * The images of one split, without other splits. If they are decoded, they must have the same size.
 *
 * @throws UserError if an image is corrupt, differs in size from the first, or there are too many
 */
export async function loadSplit(
  split: RawSplit,
  { source, name, classes, like: imageShape, most: limit, oneIfOther, adviseToFit }: SplitToLoad,
): Promise<ImageSet> {
  if (split.set) {
    return split.set();
  }
  const options = { classes, side: imageShape?.[0], ...(adviseToFit && { adviseToFit }) };
  const collector = new Collector(source, options, imageShape?.[2] === 3);
  return collector.imageSet(
    await collector.collect(split, name, { most: limit, size: oneIfOther ? imageShape : undefined }),
  );
}

/** Whether two images have the same height and width. */
export function isOfSize(
  [height, width]: readonly [number, number, ...unknown[]],
  [rows, columns]: readonly [number, number, ...unknown[]],
): boolean {
  return height === rows && width === columns;
}

/** The images of a split, their names, and the numbers of their classes if they have labels. */
interface Collected {
  readonly images: readonly DecodedImage[];
  readonly names: readonly string[];
  readonly labels: readonly number[];
}

class Collector {
  readonly #source: string;
  readonly #options: LoadOptions;
  #first: DecodedImage | undefined;
  #colour: boolean;
  #bytes = 0;
  #count = 0;
  #rounding = 0;
  /** How many images have 16 bits. */
  #wide = 0;
  #kind: ValueKind = 'uint8';
  readonly #notFinite = new NotFiniteValues();
  readonly #notes = new Map<string, number>();

  /** @param colour whether grey images become colour in any case */
  constructor(source: string, options: LoadOptions, colour = false) {
    this.#source = source;
    this.#options = options;
    this.#colour = colour;
  }

  async collect(
    split: RawSplit,
    name: string,
    {
      most: limit = Number.POSITIVE_INFINITY,
      size,
    }: { most?: number | undefined; size?: ImageShape | undefined } = {},
  ): Promise<Collected> {
    const images: DecodedImage[] = [];
    const names: string[] = [];
    const labels: number[] = [];
    for await (const raw of split.images()) {
      const image = await this.#decode(raw);
      this.#check(image, raw.name);
      for (const note of image.notes) {
        this.#notes.set(note, (this.#notes.get(note) ?? 0) + 1);
      }
      images.push(image);
      names.push(raw.name);
      labels.push(...(raw.label === undefined ? [] : [raw.label]));
      this.#count++;
      this.#options.onProgress?.(this.#count);
      if (images.length >= limit || (size && !isOfSize([image.height, image.width], size))) {
        break;
      }
    }
    if (images.length === 0) {
      throw new UserError('invalid-data', `${this.#source}: its ${name} split is empty: add images`);
    }
    this.#notFinite.refuse(this.#source, images.length, `${name === 'train' ? 'training' : name} images`);
    return { images, names, labels };
  }

  imageSet({ images, names, labels }: Collected): ImageSet {
    const { classes } = this.#options;
    const [height, width, channels] = this.#shape();
    const kind = this.#kind;
    const pixels = zeros(kind, images.length * height * width * channels);
    images.forEach((image, index) => {
      const converted = inKind(image.data, kind);
      const data = image.channels === channels ? converted : inColour(converted);
      copyInto(pixels, data, index * height * width * channels);
    });
    const set = imagesInMemory(pixels, [height, width, channels], names);
    return classes ? labelled(set, classes, labels, this.#source) : set;
  }

  /** How many images were converted in decoding, by kind of conversion. */
  notes(): Record<string, number> {
    const isReduced = this.#wide > 0 && this.#kind === 'uint8';
    const notes = [...this.#notes, ...(isReduced ? ([['16-bit', this.#wide]] as const) : [])];
    return Object.fromEntries(notes.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What happened to the values of the images, one line each. */
  warnings(): string[] {
    return this.#rounding === 0
      ? []
      : [roundingWarning(this.#source, this.#rounding, 'value of their image')];
  }

  /** Decodes an image; the error of a corrupt one also says how to do without it. */
  async #decode(image: RawImage): Promise<DecodedImage> {
    try {
      return await image.decode(async (bytes) => this.#requireRoom(bytes));
    } catch (error) {
      if (!(error instanceof CorruptFile) || this.#options.adviseToFit) {
        throw error;
      }
      const side = this.#first ? Math.min(this.#first.height, this.#first.width) : this.#options.side;
      throw new UserError(
        error.code,
        phrase`${error.phrase}, or leave out corrupt images: ${this.#advice(side ?? 32)}`,
        { cause: error },
      );
    }
  }

  #shape(): ImageShape {
    const { height, width, channels } = this.#first!;
    const isInColour = this.#colour && this.#kind !== 'float32' && channels === 1;
    return [height, width, isInColour ? 3 : channels];
  }

  #check(image: DecodedImage, name: string): void {
    this.#first ??= image;
    const first = this.#first;
    const kind = valueKind(image.data)!;
    this.#notFinite.add(name, image.data);
    if (first === image) {
      this.#kind = kind;
    }
    const common = commonKind(this.#kind, kind);
    // Integers with blanks become real numbers; all blanks so far are reported.
    if (common === undefined && countNonFinite(image.data) === 0) {
      this.#notFinite.refuse(this.#source, this.#count + 1);
      throw new UserError(
        'invalid-data',
        `${this.#source}: all images must have the same kind of values, but those of ${name} are ${kindInWords(kind)}, those of others ${kindInWords(this.#kind)}: convert them`,
      );
    }
    this.#kind = common ?? this.#kind;
    this.#wide += kind === 'uint16' ? 1 : 0;
    this.#rounding = Math.max(this.#rounding, image.rounding ?? 0);
    // Channels of real numbers are not colours.
    this.#colour ||= image.channels === 3 && kind !== 'float32';
    const mixed =
      image.channels !== first.channels &&
      (kind === 'float32' || image.channels % 2 === 0 || first.channels % 2 === 0);
    if (image.height !== first.height || image.width !== first.width || mixed) {
      const [actual, expected] = [image, first].map(({ height, width, channels }) =>
        showImageShape([height, width, channels]),
      );
      const problem = `${this.#source}: all images must have the same size, but ${name} is ${actual} and others are ${expected}`;
      throw new UserError('not-ready', phrase`${problem}: ${this.#advice(32)}`);
    }
    // Counted as colour, since a later image may have it.
    const bytes = image.height * image.width * 3 * bytesOfValue(kind) + imageOverhead;
    this.#requireRoom(bytes);
    // Joining the images of a split copies them.
    this.#bytes += bytes > largeBytes ? 2 * bytes : bytes;
  }

  /** Throws UserError if the images so far leave no room for `bytes` more; the first has a limit of its own. */
  #requireRoom(bytes: number): void {
    const first = this.#first;
    if (
      first !== undefined &&
      this.#bytes > 0 &&
      this.#bytes + bytes > (bytes > largeBytes ? maxDecodingBytes : maxLoadedBytes)
    ) {
      const side = Math.min(first.height, first.width);
      throw new UserError(
        'not-ready',
        phrase`${this.#source}: more images than fit into memory: ${this.#advice(side)}`,
      );
    }
  }

  #advice(size: number): Phrase {
    return (
      this.#options.adviseToFit?.(size) ??
      phrase`run ${call('prepareDataset', this.#source, { size })}, or another size, and use its output file`
    );
  }
}
