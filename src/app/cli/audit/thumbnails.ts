// Small pictures of chosen images of a dataset, decoded a second time.

import { UserError } from '../../../core/errors.ts';
import {
  type DecodedImage,
  listSplits,
  type RawDataset,
  type RawImage,
} from '../../../data/contract/index.ts';
import { contactSheet } from '../../../data/pictures/index.ts';
import { type Integers, inKind, resized } from '../../../data/pixels/index.ts';
import { decodePicture, type ExaminedImage } from '../../../uses/odd/audit/index.ts';

/** A picture that a page can contain. */
export interface Thumbnail {
  /** A `data:` address of a PNG. */
  readonly source: string;
  readonly width: number;
  readonly height: number;
}

/** The longest side, in pixels. */
const SIDE = 96;

/** The thumbnails of the images at these positions; images that cannot be read any more have none. */
export async function createThumbnails(
  dataset: RawDataset,
  images: readonly ExaminedImage[],
  wanted: ReadonlySet<number>,
): Promise<ReadonlyMap<number, Thumbnail>> {
  const thumbnails = new Map<number, Thumbnail>();
  for (const [split, raw] of listSplits(dataset)) {
    const places = new Map(
      [...wanted]
        .filter((index) => images[index]!.split === split)
        .map((index) => [images[index]!.place, index]),
    );
    if (places.size === 0) {
      continue;
    }
    const last = Math.max(...places.keys());
    let position = 0;
    for await (const image of raw.images()) {
      const index = places.get(position);
      if (index !== undefined) {
        const thumbnail = await readThumbnail(image);
        if (thumbnail) {
          thumbnails.set(index, thumbnail);
        }
      }
      if (position++ === last) {
        break;
      }
    }
  }
  return thumbnails;
}

async function readThumbnail(image: RawImage): Promise<Thumbnail | undefined> {
  try {
    return createThumbnail(await decodePicture(image));
  } catch (error) {
    if (error instanceof UserError) {
      return undefined;
    }
    throw error;
  }
}

function createThumbnail({ width, height, channels, data }: DecodedImage<Integers>): Thumbnail {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const [rows, columns] = [height, width].map((length) => Math.max(1, Math.round(scale * length))) as [
    number,
    number,
  ];
  const pixels = inKind(resized(data, [height, width, channels], [rows, columns]), 'uint8');
  const png = contactSheet(pixels, { imageShape: [rows, columns, channels], scale: 1, columns: 1 });
  return {
    source: `data:image/png;base64,${Buffer.from(png).toString('base64')}`,
    width: columns,
    height: rows,
  };
}
