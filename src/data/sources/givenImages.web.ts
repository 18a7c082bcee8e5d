// Single images that a page has been given, for a model: chosen or dropped files, and folders of them.
import { UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { requireWhole } from '../../numeric/optionValues.ts';
import type { Values } from '../../numeric/values.ts';
import { maxFileBytes, requireSize } from '../contract/archive.ts';
import { Budget, OverBudget } from '../contract/budget.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import { bytesOf, type GivenFile } from '../formats/blobStore.web.ts';
import { decodeImage, imageFormats, imagesAmong, otherImageName } from '../formats/imageDecoding.ts';
import { fitImage } from '../pixels/fitImage.ts';
import { joined } from '../pixels/joined.ts';
import type { ImageFileOptions, NamedImages } from './imageFiles.ts';

/** Reads the images among files, as `readImageFiles` does. */
export async function readGivenImages(
  files: readonly GivenFile[],
  imageShape: ImageShape,
  { resize = false, most, onSkip }: ImageFileOptions,
): Promise<Omit<NamedImages, 'paths'>> {
  if (most !== undefined) {
    requireWhole('most', most, 1);
  }
  const isOnly = files.length === 1;
  const images = new Set(imagesAmong(files.map(({ path }) => path)));
  const chosen = files
    .filter(({ path }) => isOnly || images.has(path) || otherImageName.test(path))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  const budget = new Budget('files');
  const skipped: string[] = [];
  const notes: string[] = [];
  const onNote = (note: string): void => void notes.push(note);
  const read: [name: string, pixels: Values][] = [];
  for (const file of chosen) {
    if (read.length === most) {
      break;
    }
    let image: DecodedImage;
    try {
      image = await decodedFile(file, budget);
    } catch (error) {
      if (isOnly || !(error instanceof UserError) || error instanceof OverBudget) {
        throw error;
      }
      skipped.push(error.message);
      onSkip?.(error.message);
      continue;
    }
    const { height, width, channels, data } = image;
    const found = { shape: [height, width, channels] as const, pixels: data };
    read.push([file.path, fitImage(found, imageShape, { source: file.path, resize, onNote })]);
  }
  if (read.length === 0) {
    const none =
      skipped.length === 0 ? `no ${imageFormats} images among them` : 'none of the images can be read';
    throw new UserError('invalid-data', `files: ${none}; choose others`);
  }
  return { names: read.map(([name]) => name), pixels: joined(read), skipped, notes };
}

/** An image of a file. */
export async function decodedFile({ path, file }: GivenFile, budget: Budget): Promise<DecodedImage> {
  requireSize(file.size, maxFileBytes, path);
  budget.grow(file.size);
  return decodeImage(await bytesOf(file, path), path, { budget });
}
