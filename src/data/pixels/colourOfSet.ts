// Converts a set of images to the colour type of a model, if that loses nothing.
import type { ImageShape } from '../../numeric/imageShape.ts';
import { checkOutput, type ImageSet, readOne } from '../contract/dataset.ts';
import { grey, inColour, isColourless } from './resize.ts';

/**
 * Images as a model takes them: grey ones as colour, and as grey those stored as colour if none has any. All others are returned
 * as they are, so that the caller can refuse their shape.
 */
export function inColourOf(images: ImageSet, [, , wanted]: ImageShape): ImageSet {
  const [height, width, channels] = images.imageShape;
  if (channels === 1 && wanted === 3) {
    return converted(images, [height, width, 3], inColour);
  }
  return channels === 3 && wanted === 1 && hasNoColour(images)
    ? converted(images, [height, width, 1], grey)
    : images;
}

function hasNoColour(images: ImageSet): boolean {
  for (let index = 0; index < images.count; index++) {
    if (!isColourless(readOne(images, index))) {
      return false;
    }
  }
  return true;
}

function converted(
  images: ImageSet,
  imageShape: ImageShape,
  convert: (pixels: Uint8Array) => Uint8Array,
): ImageSet {
  const { count, nameOf, labels, conditions } = images;
  const [height, width, channels] = images.imageShape;
  const stored = height * width * channels;
  return {
    count,
    imageShape,
    ...(nameOf && { nameOf }),
    ...(labels && { labels }),
    ...(conditions && { conditions }),
    read(indices, out) {
      const pixels = new Uint8Array(indices.length * stored);
      images.read(indices, pixels);
      const found = convert(pixels);
      checkOutput(found.length, out);
      out.set(found);
    },
  };
}
