// One pass over the images of an audit: facts about each, and a small picture to compare it with others.

import { UserError } from '../../../core/errors.ts';
import { bytesOfValues, inEightBits, kindInWords, valueKind } from '../../../core/numeric/index.ts';
import { availableCores, nextTurn } from '../../../core/platform/index.ts';
import { sha256 } from '../../../core/platform/sha256.node.ts';
import {
  type Admit,
  type DecodedImage,
  listSplits,
  maxDecodingBytes,
  OverBudget,
  type RawDataset,
  type RawImage,
  type RawSplit,
  type Split,
} from '../../../data/contract/index.ts';
import { mapInOrder } from '../../../data/packed/mapInOrder.ts';
import {
  grey,
  type Integers,
  isColourless,
  onWhite,
  pixelDeviation,
  resized,
} from '../../../data/pixels/index.ts';

/** The side of the small pictures. */
export const SIDE = 32;

/** An image that was decoded. */
export interface ExaminedImage {
  /** Its path within the dataset, or its split and number. */
  readonly name: string;
  readonly split: Split;
  /** Its position among all images of its split, readable or not. */
  readonly place: number;
  /** The number of its class; undefined without labels. */
  readonly label: number | undefined;
  readonly width: number;
  readonly height: number;
  /** Grey 1, colour 3, as stored. */
  readonly channels: 1 | 3;
  /** Whether it has no colour, even if stored with three channels. */
  readonly isGrey: boolean;
  /** The conversions in decoding, as in `DecodedImage`. */
  readonly notes: readonly string[];
  /** Equal for images of the same size, bits and pixels, however they are stored. */
  readonly key: string;
  /** The standard deviation of its pixels, in units of 1/255 of the brightest. */
  readonly deviation: number;
  /** Stretched to `SIDE` x `SIDE`; one channel if it is grey, otherwise three. */
  readonly small: Uint8Array;
}

/** The images of an audit. */
export interface ExaminedSet {
  readonly images: readonly ExaminedImage[];
  /** One line for each image that could not be read. */
  readonly unreadable: readonly string[];
  /** The splits where only the first images were read. */
  readonly cut: readonly Split[];
}

/** How images are examined. */
export interface ExamineOptions {
  /** The most images of each split. */
  readonly most: number;
  readonly signal?: AbortSignal | undefined;
  /** Receives each image that could be read, with its position and its name. */
  readonly onImage?: (image: DecodedImage, index: number, name: string) => void;
  readonly onProgress?: ((images: number) => void) | undefined;
}

/**
 * Decodes every image once. Images that cannot be read are collected.
 *
 * @throws OverBudget; UserError if an archive as a whole is corrupt; the reason of the signal
 */
export async function examineImages(dataset: RawDataset, options: ExamineOptions): Promise<ExaminedSet> {
  const { most: limit, signal, onImage, onProgress } = options;
  const images: ExaminedImage[] = [];
  const unreadable: string[] = [];
  const cut: Split[] = [];
  for (const [split, raw] of listSplits(dataset)) {
    let position = 0;
    for await (const { image, decoded } of decodedInOrder(raw)) {
      signal?.throwIfAborted();
      if (position === limit) {
        cut.push(split);
        break;
      }
      if (decoded instanceof UserError) {
        unreadable.push(decoded.message);
      } else {
        onImage?.(decoded, images.length, image.name);
        images.push(examined(image, { split, place: position }, decoded));
      }
      position++;
      onProgress?.(images.length + unreadable.length);
      await nextTurn();
    }
  }
  return { images, unreadable, cut };
}

/**
 * Decodes an image for an audit, without transparency.
 *
 * @throws UserError if it cannot be read, or has real numbers: pictures of them depend on a range that one image doesn't tell
 */
export async function decodePicture(image: RawImage, admit?: Admit): Promise<DecodedImage<Integers>> {
  const { data, ...picture } = await image.decode(admit);
  if (data instanceof Float32Array) {
    throw new UserError(
      'unsupported',
      `${image.name}: an audit compares integers, and these values are ${kindInWords(valueKind(data)!)}`,
    );
  }
  return onWhite({ ...picture, data });
}

/** Decodes images in order, several at a time; an error takes the place of an image that cannot be read. */
function decodedInOrder(
  split: RawSplit,
): AsyncGenerator<{ image: RawImage; decoded: DecodedImage<Integers> | UserError }, void, void> {
  const limits = { items: 2 * availableCores(), bytes: maxDecodingBytes };
  return mapInOrder(split.images(), limits, async (image, admit) => {
    try {
      return { image, decoded: await decodePicture(image, admit) };
    } catch (error) {
      if (error instanceof UserError && !(error instanceof OverBudget)) {
        return { image, decoded: error };
      }
      throw error;
    }
  });
}

/** The pixels of an image of a set, without a name. */
export function examinedPixels(decoded: DecodedImage<Integers>, place: number): ExaminedImage {
  return examined({ name: String(place), label: undefined }, { split: 'test', place }, decoded);
}

function examined(
  { name, label }: Pick<RawImage, 'name' | 'label'>,
  where: Pick<ExaminedImage, 'split' | 'place'>,
  decoded: DecodedImage<Integers>,
): ExaminedImage {
  const { width, height } = decoded;
  const channels = decoded.channels as 1 | 3;
  const isGrey = channels === 1 || isColourless(decoded.data);
  const data = isGrey && channels === 3 ? grey(decoded.data) : decoded.data;
  const channelCount = isGrey ? 1 : 3;
  const small = resized(data, [height, width, channelCount], [SIDE, SIDE]);
  const isWide = small instanceof Uint16Array;
  return {
    name,
    ...where,
    label,
    width,
    height,
    channels,
    isGrey,
    notes: [...decoded.notes, ...(isWide ? ['16-bit'] : [])],
    key: sha256([`${height}x${width}x${channelCount} `, bytesOfValues(data)]),
    deviation: pixelDeviation(data, channelCount),
    // A copy if it has the size already: otherwise all pixels of a batch might be kept.
    small: isWide ? inEightBits(small) : Uint8Array.from(small),
  };
}
