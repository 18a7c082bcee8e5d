// The paper's galaxies: images of non-interacting ones, from SpaceML's galaxy mergers dataset.
import { UserError } from '../../core/errors.ts';
import { inEightBits } from '../../core/numeric/index.ts';
import type { DecodedImage, NamedDataset, RawDataset, RawSplit } from '../contract/rawImages.ts';
import { openArchive } from '../formats/archives.ts';
import { imageName } from '../formats/imageDecoding.ts';
import { antiAliasedResize } from '../pixels/resize.ts';
import { readStoredImages } from '../sources/storedImages.ts';
import { findInDataFolders } from './dataFolder.ts';
import { datasetRecords } from './records.ts';

/** The folder of each split, within the folder of the only class used. */
const folders = { train: 'training', validation: 'validation', test: 'test' } as const;

/** Larger images are rejected: the real ones are 424 x 424, and resizing takes float64 arrays. */
const maxPixels = 2 ** 22;

/** Non-interacting galaxies, 32 x 32 colour. */
export const galaxy: NamedDataset = {
  ...datasetRecords.galaxy,
  locate: () => findInDataFolders(datasetRecords.galaxy),
  open: async () => rawGalaxies(await galaxy.locate()),
};

/**
 * The galaxies in a folder or archive with `noninteracting/training`, `…/validation` and `…/test`, resized.
 *
 * @throws UserError if one of these is missing or empty
 */
export async function rawGalaxies(path: string): Promise<RawDataset> {
  const store = await openArchive(path);
  const names = await store.names();
  const part = (split: keyof typeof folders): RawSplit => {
    const folderPattern = new RegExp(`(^|/)noninteracting/${folders[split]}/[^/]+$`);
    const isOfSplit = (name: string): boolean => imageName.test(name) && folderPattern.test(name);
    const count = names.filter(isOfSplit).length;
    if (count === 0) {
      throw new UserError(
        'invalid-data',
        `${path}: no images in noninteracting/${folders[split]}; unpack the whole dataset there`,
      );
    }
    return readStoredImages(store, isOfSplit, { count, convert: toGalaxy });
  };
  return { train: part('train'), validation: part('validation'), test: part('test') };
}

/**
 * Converts a source image as the paper does: resized to 64 x 64 with anti-aliasing, v64 = min(255,
 * ⌊256·v/255⌋), then the mean of each block of 2 x 2 pixels, rounded down. In the paper's code 256 wraps
 * around to 0, so that white becomes black; here white is 255.
 */
export function toGalaxy({ width, height, channels, data, notes }: DecodedImage, source = ''): DecodedImage {
  if (width * height > maxPixels) {
    throw new UserError(
      'invalid-data',
      `${source}: ${height}x${width} pixels, but at most ${maxPixels} are supported; remove it`,
    );
  }
  const pixels = data instanceof Uint16Array ? inEightBits(data) : data;
  const large = antiAliasedResize(pixels, channels, [height, width], [64, 64]).map((value) =>
    // The Gaussian's weights sum to 1 up to rounding, which must not turn 256 into 255.
    Math.min(255, Math.floor((256 * value) / 255 + 1e-9)),
  );
  const out = new Uint8Array(32 * 32 * 3);
  for (let index = 0; index < out.length; index++) {
    const [pixel, channel] = [Math.floor(index / 3), channels === 1 ? 0 : index % 3];
    const corner = 2 * Math.floor(pixel / 32) * 64 + 2 * (pixel % 32);
    const sum = [0, 1, 64, 65].reduce(
      (total, step) => total + large[(corner + step) * channels + channel]!,
      0,
    );
    out[index] = Math.floor(sum / 4);
  }
  return { width: 32, height: 32, channels: 3, data: out, notes };
}
