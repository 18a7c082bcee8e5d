// Converts the channels of images: planes to pixels, transparency to white, grey to colour and back.

import { copied, type ImageShape, type Values, valueKind, zeros } from '../../core/numeric/index.ts';
import { checkOutput, type ImageSet, imagesBuffer, readOne } from '../contract/dataset.ts';
import type { DecodedImage } from '../contract/rawImages.ts';
import type { Integers } from './values.ts';

/** Converts an image from CHW to HWC. */
export function interleaved<Data extends Values>(planes: Data, channels: number): Data {
  if (channels === 1) {
    return planes;
  }
  const pixels = planes.length / channels;
  const out = copied(planes);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      out[pixel * channels + channel] = planes[channel * pixels + pixel]!;
    }
  }
  return out;
}

/**
 * The image without its alpha channel: removed if it is opaque everywhere, otherwise composited onto white,
 * v' = (α·v + (w − α)·w) / w with w = 255, or 65,535 for 16 bits, which is recorded in the notes.
 */
export function onWhite<Data extends Integers>(image: DecodedImage<Data>): DecodedImage<Data> {
  const { channels } = image;
  if (channels === 1 || channels === 3) {
    return image;
  }
  const colourChannels = (channels - 1) as 1 | 3;
  const pixels = image.width * image.height;
  const white = 2 ** (8 * image.data.BYTES_PER_ELEMENT) - 1;
  const data = copied(image.data, pixels * colourChannels);
  let opaque = true;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const alpha = image.data[pixel * channels + colourChannels]!;
    opaque &&= alpha === white;
    for (let channel = 0; channel < colourChannels; channel++) {
      const value = image.data[pixel * channels + channel]!;
      data[pixel * colourChannels + channel] = Math.round((alpha * value + (white - alpha) * white) / white);
    }
  }
  const notes = opaque ? image.notes : [...image.notes, 'transparency on white'];
  return { ...image, channels: colourChannels, data, notes };
}

/**
 * Images as a model takes them: grey ones as colour, and as grey those stored as colour if none has any. All others are returned
 * unchanged, so that the caller can refuse their shape. Channels of real numbers aren't colours, and stay.
 */
export function matchColour(images: ImageSet, [, , wanted]: ImageShape): ImageSet {
  const [height, width, channels] = images.imageShape;
  if (images.kind === 'float32') {
    return images;
  }
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
  const { count, kind, nameAt, labels, conditions } = images;
  return {
    count,
    imageShape,
    kind,
    ...(nameAt && { nameAt }),
    ...(labels && { labels }),
    ...(conditions && { conditions }),
    read(indices, out) {
      const pixels = imagesBuffer(images, indices.length);
      images.read(indices, pixels);
      const pixelsInForm = convert(pixels);
      checkOutput(pixelsInForm.length, kind, out);
      out.set(pixelsInForm);
    },
  };
}

/** The weights of the colours in the luminance (ITU-R BT.601). */
const luminance = [0.299, 0.587, 0.114] as const;

/** Converts colour to grey: the luminance. */
export function grey<Data extends Values>(pixels: Data): Data {
  const out = copied(pixels, pixels.length / 3);
  const round = pixels instanceof Float32Array ? Number : Math.round;
  for (let pixel = 0; pixel < out.length; pixel++) {
    const offset = 3 * pixel;
    out[pixel] = round(
      luminance[0] * pixels[offset]! +
        luminance[1] * pixels[offset + 1]! +
        luminance[2] * pixels[offset + 2]!,
    );
  }
  return out;
}

/** Converts grey to colour: three equal channels. */
export function inColour<Data extends Values>(pixels: Data): Data {
  const out = zeros(valueKind(pixels)!, 3 * pixels.length) as Data;
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const offset = 3 * pixel;
    out[offset] = out[offset + 1] = out[offset + 2] = pixels[pixel]!;
  }
  return out;
}

/** Whether the three channels of every pixel are equal. */
export function isColourless(data: Values): boolean {
  for (let offset = 0; offset < data.length; offset += 3) {
    if (data[offset] !== data[offset + 1] || data[offset] !== data[offset + 2]) {
      return false;
    }
  }
  return true;
}
