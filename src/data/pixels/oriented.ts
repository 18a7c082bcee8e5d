// Rotates and mirrors images by their EXIF orientation.
import type { Values } from '../../numeric/values.ts';
import type { DecodedImage } from '../contract/rawImages.ts';

/**
 * The image as it is meant to be seen, for an EXIF orientation from 1 to 8, and the note 'rotated' unless it is 1.
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
  const out = data.slice() as Data;
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
