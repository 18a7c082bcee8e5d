// Pictures of a stage's activations: any number of channels, at the size of the image if possible.
import { type ImageShape, type NdArray, quantile } from '../../core/numeric/index.ts';

/** How activations are drawn. */
export interface ActivationOptions {
  /** The shape of the model's images. */
  readonly imageShape: ImageShape;
  /** The values that become black and white; values beyond too. By default the 0.5 % and the 99.5 % quantile. */
  readonly range?: readonly [low: number, high: number];
}

/** Pictures of activations, ready for `contactSheet`. */
export interface DrawnActivations {
  /** 8 bits per value, `[N, H, W, C]`. */
  readonly pixels: Uint8Array;
  /** The shape of each picture. */
  readonly imageShape: ImageShape;
  /** The values that became black and white. */
  readonly range: readonly [low: number, high: number];
}

const grey = 128;

/**
 * Draws activations `[N, H, W, C]`, such as the outputs and latents of `FlowModel.stageImages`, one picture each.
 *
 * Squeezes are undone as far as the channels suffice for an image with the channels of the model's: four channels
 * become a block of 2x2 pixels. Remaining channels, as after a split at a higher level, become several images side
 * by side in one picture. After a flow step the channels are mixed, so which ones form a block or a colour is a
 * convention. All activations share one range of values.
 */
export function drawActivations(
  activations: NdArray,
  { imageShape, range = rangeOfMost(activations.data) }: ActivationOptions,
): DrawnActivations {
  const { shape, data } = unsqueezed(activations, imageShape);
  const [count, height, width, channels] = shape as [number, number, number, number];
  const shown = channels % imageShape[2] === 0 ? imageShape[2] : 1;
  const tiles = channels / shown;
  const columns = Math.min(tiles, Math.max(1, Math.ceil(Math.sqrt((tiles * height) / width))));
  const pictureShape: ImageShape = [Math.ceil(tiles / columns) * height, columns * width, shown];
  const [low, high] = range;
  const pictureSize = pictureShape[0] * pictureShape[1] * shown;
  const pixels = new Uint8Array(count * pictureSize).fill(grey);
  for (let index = 0; index < data.length; index++) {
    const [pixel, channel] = [Math.floor(index / channels), index % channels];
    const column = pixel % width;
    const row = Math.floor(pixel / width) % height;
    const tile = Math.floor(channel / shown);
    const pixelIndex =
      (Math.floor(tile / columns) * height + row) * pictureShape[1] + (tile % columns) * width + column;
    const share = high > low ? (data[index]! - low) / (high - low) : 0.5;
    const value = Number.isNaN(share) ? grey : Math.round(255 * Math.min(1, Math.max(0, share)));
    pixels[Math.floor(pixel / (height * width)) * pictureSize + pixelIndex * shown + (channel % shown)] =
      value;
  }
  return { pixels, imageShape: pictureShape, range };
}

/** The range of all finite values but the 0.5 % at each end, so that a few outliers do not take all the contrast. */
function rangeOfMost(values: ArrayLike<number>): readonly [number, number] {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  return sorted.length === 0 ? [0, 1] : [quantile(sorted, 0.005), quantile(sorted, 0.995)];
}

/** Undoes squeezes while the images are smaller than the model's and have channels for it. */
function unsqueezed(activations: NdArray, imageShape: ImageShape): NdArray {
  let { shape, data } = activations;
  for (;;) {
    const [count, height, width, channels] = shape as [number, number, number, number];
    if (2 * height > imageShape[0] || channels % (4 * imageShape[2]) !== 0) {
      return { shape, data };
    }
    const fewer = channels / 4;
    const larger = data.slice();
    for (let index = 0; index < data.length; index++) {
      const [pixel, channel] = [Math.floor(index / channels), index % channels];
      const [line, column] = [Math.floor(pixel / width), pixel % width];
      const row = 2 * line + (Math.floor(channel / 2) % 2);
      larger[(row * 2 * width + 2 * column + (channel % 2)) * fewer + Math.floor(channel / 4)] = data[index]!;
    }
    [shape, data] = [[count, 2 * height, 2 * width, fewer], larger];
  }
}
