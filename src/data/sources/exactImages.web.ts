// The images that a page compresses: of files that it has been given, one after the other, with all their pixels.
import { UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { Budget, OverBudget } from '../contract/budget.ts';
import type { GivenFile } from '../formats/blobStore.web.ts';
import { imageName, otherImageName } from '../formats/imageDecoding.ts';
import { exactPixels } from '../pixels/exactPixels.ts';
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

/** Images that are not read yet. */
export interface ExactImages {
  /** How many there are, including those that will be skipped. */
  readonly count: number;
  /**
   * Reads one after the other; `skip` is called with the reason for each that can't be read without a loss, and with the path
   * of its file.
   */
  read(skip: (reason: string, path: string) => void): AsyncGenerator<ExactImage>;
}

/** The images among files, sorted by name; other files are ignored. */
export function findExactImages(files: readonly GivenFile[]): ExactImages {
  const chosen = files
    .filter(({ path }) => imageName.test(path) || otherImageName.test(path))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  return {
    count: chosen.length,
    async *read(skip) {
      const budget = new Budget('files');
      for (const file of chosen) {
        try {
          const image = await decodedFile(file, budget);
          const { height, width, channels } = image;
          const pixels = exactPixels(image);
          if (typeof pixels !== 'string') {
            yield { name: file.path, shape: [height, width, channels], pixels, bytes: file.file.size };
          } else {
            skip(`${file.path} ${pixels}`, file.path);
          }
        } catch (error) {
          if (!(error instanceof UserError) || error instanceof OverBudget) {
            throw error;
          }
          skip(error.message, file.path);
        }
      }
    },
  };
}
