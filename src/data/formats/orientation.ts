// The EXIF orientation of an image: read, and undone by rotating and mirroring.

import { copied, type Values } from '../../core/numeric/index.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import { dataView, latin1Text } from './bytes.ts';

const orientationTag = 0x0112;
const entryLength = 12;

/** The orientation, 1 to 8; 1 if the data have none or are invalid: the pixels do not depend on them otherwise. */
export function exifOrientation(exif: Uint8Array): number {
  const order = latin1Text(exif.subarray(0, 4));
  if (exif.length < 8 || (order !== 'II*\0' && order !== 'MM\0*')) {
    return 1;
  }
  const view = dataView(exif);
  const isLittle = order === 'II*\0';
  const start = view.getUint32(4, isLittle);
  if (start + 2 > exif.length) {
    return 1;
  }
  const count = view.getUint16(start, isLittle);
  for (let offset = start + 2, index = 0; index < count && offset + entryLength <= exif.length; index++) {
    if (view.getUint16(offset, isLittle) === orientationTag) {
      const value = view.getUint16(offset + 8, isLittle);
      return value >= 1 && value <= 8 ? value : 1;
    }
    offset += entryLength;
  }
  return 1;
}

/**
 * The image in its viewing orientation, for an EXIF orientation from 1 to 8, and the note 'rotated' unless it is 1.
 * Orientations 5 to 8 swap rows and columns; of the result, 3, 4, 7 and 8 are stored from the bottom, 2, 3, 6 and 7
 * from the right.
 */
export function oriented<Data extends Values>(
  image: DecodedImage<Data>,
  orientation: number,
): DecodedImage<Data> {
  if (orientation === 1) {
    return image;
  }
  const { channels, data, notes } = image;
  const isSwapped = orientation >= 5;
  const [height, width] = isSwapped ? [image.width, image.height] : [image.height, image.width];
  const fromBottom = [3, 4, 7, 8].includes(orientation);
  const fromRight = [2, 3, 6, 7].includes(orientation);
  const out = copied(data);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [y, x] = [fromBottom ? height - 1 - row : row, fromRight ? width - 1 - column : column];
      const from = (isSwapped ? x * image.width + y : y * image.width + x) * channels;
      const to = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) {
        out[to + channel] = data[from + channel]!;
      }
    }
  }
  return { width, height, channels, data: out, notes: [...notes, 'rotated'] };
}
