// Single images that a page has been given, chosen or dropped: for a model, or with all their pixels to compress.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { maxFileBytes, requireSize } from '../contract/archive.ts';
import { Budget, OverBudget } from '../contract/budget.ts';
import { type GivenFile, readBytes } from '../formats/blobStore.web.ts';
import {
  decodeImage,
  imageFormats,
  imageName,
  imagesAmong,
  otherImageName,
} from '../formats/imageDecoding.ts';
import { exactPixels } from '../pixels/fitImage.ts';
import type { ExactImages } from './givenFiles.web.ts';
import { type FoundImages, fittedImages, type ImageFileOptions, type NamedImages } from './namedImages.ts';

/** Reads the images among files, as `readImageFiles` does. */
export async function readGivenImages(
  files: readonly GivenFile[],
  imageShape: ImageShape,
  options: ImageFileOptions,
): Promise<Omit<NamedImages, 'paths'>> {
  const isOnly = files.length === 1;
  const images = new Set(imagesAmong(files.map(({ path }) => path)));
  const chosen = files.filter(({ path }) => isOnly || images.has(path) || otherImageName.test(path));
  const { paths, ...read } = await fittedImages(imagesIn(chosen), imageShape, options, (skipped) => {
    const none = skipped === 0 ? `no ${imageFormats} images among them` : 'none of the images can be read';
    return `files: ${none}; choose others`;
  });
  return { names: paths, ...read };
}

/** The images among files, sorted by name; other files are ignored. */
export function findExactImages(files: readonly GivenFile[]): ExactImages {
  const chosen = files.filter(({ path }) => imageName.test(path) || otherImageName.test(path));
  const sizes = new Map(chosen.map(({ path, file }) => [path, file.size]));
  const images = imagesIn(chosen, true);
  return {
    count: images.count,
    async *read(skip, onSize) {
      for await (const { path, image } of images.read(skip, { onSize })) {
        const { height, width, channels } = image;
        const pixels = exactPixels(image);
        if (typeof pixels === 'string') {
          skip(`${path} ${pixels}`, path);
        } else {
          yield { name: path, shape: [height, width, channels], pixels, bytes: sizes.get(path)! };
        }
      }
    },
  };
}

/** The images in files, sorted by name. One that cannot be read is skipped, but an only one is an error unless `skipOnly`. */
function imagesIn(files: readonly GivenFile[], skipOnly = files.length > 1): FoundImages {
  const sorted = files.toSorted((first, second) => (first.path < second.path ? -1 : 1));
  return {
    count: sorted.length,
    async *read(skip, { onSize } = {}) {
      const budget = new Budget('files');
      for (const { path, file } of sorted) {
        try {
          requireSize(file.size, maxFileBytes, path);
          budget.grow(file.size);
          const image = await decodeImage(await readBytes(file, path), path, {
            budget,
            onSize: onSize && ((height, width) => onSize(path, height, width)),
          });
          yield { name: path, path, image };
        } catch (error) {
          if (!(skipOnly && error instanceof UserError) || error instanceof OverBudget) {
            throw error;
          }
          skip(error.message, path);
        }
      }
    },
  };
}
