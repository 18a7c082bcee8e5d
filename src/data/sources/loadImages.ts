// A set of images decoded into memory, for sets that are small enough.
import { call, phrase, type Term, UserError } from '../../errors.ts';
import { type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import { type DatasetSource, type ImageSet, imagesInMemory } from '../dataset.ts';
import { inColour } from '../pixels/resize.ts';
import type { DecodedImage, RawDataset, RawSplit } from '../rawImages.ts';

/** Sets with more pixels are prepared first: 2 GiB. */
const maxBytes = 2 ** 31;
/** What an image takes besides its pixels, however small it is. */
const imageOverhead = 1024;

/**
 * Decodes all images into memory. They must be of one size; where some are grey and some are colour, all become colour.
 *
 * @param source the dataset's name or path, for errors
 * @throws UserError if an image is damaged, has another size than the first, or they are too many
 */
export async function loadImages(raw: RawDataset, source: string): Promise<DatasetSource> {
  const collector = new Collector(source);
  const train = await collector.collect(raw.train, 'train');
  const validation = raw.validation && (await collector.collect(raw.validation, 'validation'));
  const test = await collector.collect(raw.test, 'test');
  return {
    train: collector.imageSet(train),
    ...(validation && { validation: collector.imageSet(validation) }),
    test: collector.imageSet(test),
    notes: collector.notes(),
  };
}

/** How one split is decoded. */
export interface SplitToLoad {
  /** The dataset's name or path, for errors. */
  readonly source: string;
  /** The name of the split, for errors. */
  readonly name: string;
  /** Images that they stand beside: where these have colour, grey ones become colour. */
  readonly like?: ImageShape | undefined;
  /** Only so many are decoded, the first; by default all. */
  readonly most?: number | undefined;
}

/**
 * Decodes the images of one split into memory, and no others. They must be of one size.
 *
 * @throws UserError if an image is damaged, has another size than the first, or they are too many
 */
export async function loadSplit(
  split: RawSplit,
  { source, name, like, most }: SplitToLoad,
): Promise<ImageSet> {
  const collector = new Collector(source, like?.[2] === 3);
  return collector.imageSet(await collector.collect(split, name, most));
}

/** Takes in images, and knows what they have in common. */
class Collector {
  readonly #source: string;
  #first: DecodedImage | undefined;
  #colour: boolean;
  #bytes = 0;
  readonly #notes = new Map<string, number>();

  /** @param colour whether there is colour already, so that grey images become colour */
  constructor(source: string, colour = false) {
    this.#source = source;
    this.#colour = colour;
  }

  async collect(split: RawSplit, name: string, most = Number.POSITIVE_INFINITY): Promise<DecodedImage[]> {
    const images: DecodedImage[] = [];
    for await (const raw of split.images()) {
      const image = await raw.decode();
      this.#check(image, raw.name);
      for (const note of image.notes) {
        this.#notes.set(note, (this.#notes.get(note) ?? 0) + 1);
      }
      images.push(image);
      if (images.length >= most) {
        break;
      }
    }
    if (images.length === 0) {
      throw new UserError('invalid-data', `${this.#source}: no image in its ${name} part`);
    }
    return images;
  }

  imageSet(images: readonly DecodedImage[]): ImageSet {
    const [height, width, channels] = this.#shape();
    const pixels = new Uint8Array(images.length * height * width * channels);
    images.forEach((image, index) => {
      const data = image.channels === channels ? image.data : inColour(image.data);
      pixels.set(data, index * height * width * channels);
    });
    return imagesInMemory(pixels, [height, width, channels]);
  }

  /** What decoding changed of how many images. */
  notes(): Record<string, number> {
    return Object.fromEntries([...this.#notes].sort());
  }

  #shape(): ImageShape {
    const { height, width, channels } = this.#first!;
    return [height, width, this.#colour && channels === 1 ? 3 : channels];
  }

  #check(image: DecodedImage, name: string): void {
    this.#first ??= image;
    const first = this.#first;
    this.#colour ||= image.channels === 3;
    const mixed = image.channels !== first.channels && (image.channels % 2 === 0 || first.channels % 2 === 0);
    if (image.height !== first.height || image.width !== first.width || mixed) {
      const [found, expected] = [image, first].map(({ height, width, channels }) =>
        showImageShape([height, width, channels]),
      );
      const what = `${this.#source}: images of one size are needed, but ${name} is ${found}, others ${expected}`;
      throw new UserError(
        'not-ready',
        phrase`${what}: run ${this.#preparation(32)}, or another size, and train on the file that it writes`,
      );
    }
    // As colour, since the next may be.
    this.#bytes += image.height * image.width * 3 + imageOverhead;
    if (this.#bytes > maxBytes) {
      const side = Math.min(first.height, first.width);
      throw new UserError(
        'not-ready',
        phrase`${this.#source}: more images than fit into memory: run ${this.#preparation(side)}, and train on the file that it writes`,
      );
    }
  }

  #preparation(size: number): Term {
    return call('prepareDataset', this.#source, { size });
  }
}
