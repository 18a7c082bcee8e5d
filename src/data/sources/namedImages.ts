// Single images with names, wherever their files are, for a model.
import { UserError } from '../../core/errors.ts';
import { type ImageShape, requireWhole, type Values } from '../../core/numeric/index.ts';
import { requireMemory } from '../../core/platform/index.ts';
import type { Conditions, Labels } from '../contract/dataset.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import { isAboutName } from '../formats/imageDecoding.ts';
import { fitImage } from '../pixels/fitImage.ts';
import { joined } from '../pixels/values.ts';

/** The memory that an image takes in addition to its pixels, such as for its name. */
const imageOverhead = 1024;
/** The available memory is checked whenever the images have taken so much more. */
const bytesBetweenChecks = 2 ** 26;

/** The images that were read, and the files that were skipped. */
export interface NamedImages {
  /** The name of each image: its path, with `/`, relative to the innermost common folder. */
  readonly names: readonly string[];
  /** The path of each image's file, from the working directory; absent if it has no file. */
  readonly paths?: readonly string[];
  /** The path of each image's file in the folder that was given; absent if there is none. */
  readonly namesInFolders?: readonly string[];
  /** NHWC. */
  readonly pixels: Values;
  /** The class of each image, if they have labels. */
  readonly labels?: Labels;
  /** Conditions by name, if they were requested. */
  readonly conditions?: Conditions;
  /** Whether these are only the first images, without gaps, because no more were wanted. */
  readonly areFirst?: boolean;
  /** One line per skipped file, with its name and the reason. */
  readonly skipped: readonly string[];
  /** One line per image that was enlarged by repeating pixels, and was read at its own size. */
  readonly notes: readonly string[];
  /** One line per file whose name promises another format, such as a JPEG named .png; absent if there is none. */
  readonly misnamed?: readonly string[];
}

/** How images are read. */
export interface ImageFileOptions {
  /** Whether images of another size or colour type are converted to the model's. */
  readonly resize?: boolean;
  /** Read only the first images, this many; default: all. */
  readonly most?: number | undefined;
  /** Called with the line for each skipped file. */
  onSkip?(reason: string): void;
  /** Called after each image, with the number read and the total; at first, each file is assumed to hold one image. */
  onProgress?(done: number, total: number): void;
}

interface ReadImage {
  /** Its path, with `/`, relative to the innermost folder that all of the files are in. */
  readonly name: string;
  /** The path of the file, from the working directory. */
  readonly path: string;
  readonly image: DecodedImage;
}

/** Called with the path and the size of an image before its pixels are decoded; an error that isn't a UserError ends the reading. */
type SizeListener = (path: string, height: number, width: number) => void;

/** Image files that are not read yet. */
export interface FoundImages {
  readonly count: number;
  /**
   * Reads one after the other; `skip` hears of those that cannot be read. Throws as `readImageFiles` does, and without
   * `stacks`, for an array of several images.
   */
  read(
    skip: (reason: string, path: string) => void,
    options?: { readonly stacks?: boolean; onSize?: SizeListener | undefined },
  ): AsyncGenerator<ReadImage>;
}

/**
 * Reads images in the form of a model.
 *
 * @param none the error if there are none, by the number of files that were skipped
 * @throws UserError as `readImageFiles` does
 */
export async function fittedImages(
  source: FoundImages,
  imageShape: ImageShape,
  { resize = false, most: limit, onSkip, onProgress }: ImageFileOptions,
  none: (skipped: number) => string,
): Promise<Omit<NamedImages, 'names'> & { readonly paths: readonly string[] }> {
  if (limit !== undefined) {
    requireWhole('most', limit, 1);
  }
  const skipped: string[] = [];
  const notes: string[] = [];
  const misnamed: string[] = [];
  const onNote = (note: string): void => void notes.push(note);
  const skip = (reason: string): void => {
    skipped.push(reason);
    onSkip?.(reason);
  };
  const images: [path: string, pixels: Values][] = [];
  let [bytes, checkedBytes] = [0, 0];
  for await (const { path, image } of source.read(skip, { stacks: true })) {
    const { height, width, channels, data } = image;
    const decoded = { shape: [height, width, channels] as const, pixels: data };
    const pixels = fitImage(decoded, imageShape, { source: path, resize, onNote });
    images.push([path, pixels]);
    misnamed.push(
      ...image.notes
        .filter(isAboutName)
        .map((note) => `${path}: a ${note}; it is read as ${note.split(' ')[0]}`),
    );
    onProgress?.(
      images.length,
      Math.min(limit ?? Number.POSITIVE_INFINITY, Math.max(source.count, images.length)),
    );
    bytes += pixels.byteLength + imageOverhead;
    if (bytes - checkedBytes > bytesBetweenChecks) {
      // They are joined in an array of their own.
      requireMemory(`copies of ${images.length} images`, bytes, 'read fewer at a time');
      checkedBytes = bytes;
    }
    if (images.length === limit) {
      break;
    }
  }
  if (images.length === 0) {
    throw new UserError('invalid-data', none(skipped.length));
  }
  const areFirst = images.length === limit && skipped.length === 0;
  return {
    paths: images.map(([path]) => path),
    pixels: joined(images),
    ...(areFirst && { areFirst }),
    skipped,
    notes,
    ...(misnamed.length > 0 && { misnamed }),
  };
}
