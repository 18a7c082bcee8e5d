// Converts a set of images to the colour type of a model, if that loses nothing.
import type { ImageShape } from '../../numeric/imageShape.ts';
import type { Values } from '../../numeric/values.ts';
import { checkOutput, type ImageSet, imagesBuffer, readOne } from '../contract/dataset.ts';
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

function converted(images: ImageSet, imageShape: ImageShape, convert: (pixels: Values) => Values): ImageSet {
  const { count, kind, nameOf, labels, conditions } = images;
  return {
    count,
    imageShape,
    kind,
    ...(nameOf && { nameOf }),
    ...(labels && { labels }),
    ...(conditions && { conditions }),
    read(indices, out) {
      const pixels = imagesBuffer(images, indices.length);
      images.read(indices, pixels);
      const found = convert(pixels);
      checkOutput(found.length, kind, out);
      out.set(found);
    },
  };
}
