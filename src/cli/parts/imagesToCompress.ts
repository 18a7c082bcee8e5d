// The images that `emerging compress` reads: of files and folders, or of a dataset, one after the other.
import type { NamedImage } from '../../codec/namedImage.ts';
import { readOne } from '../../data/contract/dataset.ts';
import { imageFormats } from '../../data/formats/imageDecoding.ts';
import { requireEightBits } from '../../data/pixels/bitDepth.ts';
import { exactPixels } from '../../data/pixels/fitImage.ts';
import { datasets } from '../../data/registry.ts';
import { findImageFiles } from '../../data/sources/imageFiles.ts';
import { UserError } from '../../errors.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { exists } from '../../storage/files.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { type ImageOptions, isDatasetFile, namesOfSet, openImages } from './imageInput.ts';

/** Images that are not read yet. */
export interface ImagesToCompress {
  /** How many there are, those that are skipped included. */
  readonly count: number;
  /** Reads them; `skip` hears of those that can't be read, or not without a loss. */
  read(skip: (reason: string) => void): AsyncIterable<NamedImage>;
}

/**
 * The images of files and folders, or of a dataset, by its name or with `--data`.
 *
 * @throws UserError if both or neither are given, or a path or dataset doesn't exist
 */
export async function imagesToCompress(
  paths: readonly string[],
  imageShape: ImageShape,
  { data, split, count, tiles }: Omit<ImageOptions, 'resize'> & { readonly tiles: boolean },
): Promise<ImagesToCompress> {
  const [only] = paths;
  const isNamed =
    paths.length === 1 &&
    (isDatasetFile(only!) || (datasets.some(({ name }) => name === only) && !exists(only!)));
  if (data !== undefined && paths.length > 0) {
    throw new UserError('invalid-argument', 'images and --data cannot be combined: use one of them');
  }
  const dataset = data ?? (isNamed ? only : undefined);
  if (dataset !== undefined) {
    return ofDataset(dataset, { split, count, imageShape, tiles });
  }
  if (paths.length === 0) {
    throw new UserError('invalid-argument', 'no images: name image files, folders or a dataset');
  }
  const found = findImageFiles(paths);
  if (found.count === 0) {
    throw new UserError(
      'invalid-data',
      `${paths.join(', ')}: no ${imageFormats} images found; name image files, folders of them, or a dataset`,
    );
  }
  if (found.repeated > 0) {
    noteOnStderr(`${formatCounted(found.repeated, 'file')} named more than once; each is compressed once`);
  }
  const most = Math.min(found.count, count ?? found.count);
  return {
    count: most,
    async *read(skip) {
      let left = most;
      const skipped: string[] = [];
      const noteSkip = (reason: string): void => {
        skipped.push(reason);
        skip(reason);
      };
      for await (const { name, path, image } of found.read(noteSkip)) {
        const pixels = exactPixels(image);
        if (typeof pixels === 'string') {
          noteSkip(`${path} ${pixels}`);
        } else {
          yield { name, shape: [image.height, image.width, image.channels], pixels };
          left--;
        }
        // Before another file is read, which would be reported if it is skipped.
        if (left === 0) {
          return;
        }
      }
      if (left === most) {
        const others =
          skipped.length > 1 ? ` (and ${formatCounted(skipped.length - 1, 'other file')} skipped)` : '';
        throw new UserError('invalid-data', `nothing was compressed: ${skipped[0]}${others}`);
      }
    },
  };
}

async function ofDataset(
  dataset: string,
  {
    split,
    count,
    imageShape,
    tiles,
  }: Pick<ImageOptions, 'split'> & {
    readonly count: number | undefined;
    readonly imageShape: ImageShape;
    readonly tiles: boolean;
  },
): Promise<ImagesToCompress> {
  const set = await openImages(dataset, split, { like: imageShape, most: count, oneIfOther: !tiles });
  const otherSplit = split === 'test' ? 'train' : 'test';
  noteOnStderr(
    `${dataset}: only its ${split === 'train' ? 'training' : split} images; --split ${otherSplit} chooses the others`,
  );
  const names = namesOfSet(set, split);
  return {
    count: set.count,
    async *read() {
      for (const [index, name] of names.entries()) {
        yield {
          name,
          shape: set.imageShape,
          pixels: requireEightBits(readOne(set, index), `${dataset}: compressing`),
        };
      }
    },
  };
}
