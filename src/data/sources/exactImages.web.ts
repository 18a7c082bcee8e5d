// The images that a page compresses: of files that it has been given, one after the other, with all their pixels.
import { UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { Budget, OverBudget } from '../contract/budget.ts';
import type { GivenFile } from '../formats/blobStore.web.ts';
import { imageName, otherImageName } from '../formats/imageDecoding.ts';
import { lossOf } from '../pixels/lossOf.ts';
import { decodedFile } from './givenImages.web.ts';

/** An image of a file, in its own size. */
export interface ExactImage {
  /** The path of the file. */
  readonly name: string;
  /** Height, width and channels, 1 or 3. */
  readonly shape: ImageShape;
  /** `[H, W, C]`, 8 bits per channel. */
  readonly pixels: Uint8Array;
  /** The bytes of the file. */
  readonly bytes: number;
}

/**
 * Reads the images among files one by one, sorted by name: they need not fit into memory. Other files are ignored.
 *
 * @param onSkip called with a line for each image that can't be read, or not without a loss
 */
export async function* exactImages(
  files: readonly GivenFile[],
  { onSkip }: { onSkip?(reason: string): void } = {},
): AsyncGenerator<ExactImage> {
  const budget = new Budget('files');
  for (const file of imageFilesAmong(files)) {
    try {
      const image = await decodedFile(file, budget);
      const { height, width, channels, data } = image;
      const loss = lossOf(image);
      if (loss === undefined) {
        yield { name: file.path, shape: [height, width, channels], pixels: data, bytes: file.file.size };
      } else {
        onSkip?.(`${file.path} ${loss}`);
      }
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof OverBudget) {
        throw error;
      }
      onSkip?.(error.message);
    }
  }
}

/** The images among files by their names, in order. */
export function imageFilesAmong(files: readonly GivenFile[]): GivenFile[] {
  return files
    .filter(({ path }) => imageName.test(path) || otherImageName.test(path))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}
