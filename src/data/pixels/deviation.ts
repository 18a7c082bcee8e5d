// The standard deviation of an image's pixels.
import type { Values } from '../../core/numeric/index.ts';

/**
 * The standard deviation of an image's pixels [H, W, C] about the mean of their channel, √(Σ(v − v̄)² / HWC),
 * in units of 1/255 for integers; exactly 0 if all pixels have the same colour.
 */
export function pixelDeviation(image: Values, channels: number): number {
  const pixels = image.length / channels;
  if (!(image instanceof Uint8Array)) {
    return scaledDeviation(image, channels) / (image instanceof Uint16Array ? 257 : 1);
  }
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    let [total, squares] = [0, 0];
    for (let index = channel; index < image.length; index += channels) {
      total += image[index]!;
      squares += image[index]! ** 2;
    }
    // In integers, which are exact.
    sum += pixels * squares - total ** 2;
  }
  return Math.sqrt(sum / channels) / pixels;
}

/** The same for values whose squares have no exact sums, in their own unit. */
function scaledDeviation(image: Values, channels: number): number {
  const pixels = image.length / channels;
  let squares = 0;
  for (let channel = 0; channel < channels; channel++) {
    // Relative to the first pixel: exactly 0 for equal ones.
    const origin = image[channel]!;
    let [sum, squaredSum] = [0, 0];
    for (let index = channel; index < image.length; index += channels) {
      sum += image[index]! - origin;
    }
    const mean = sum / pixels;
    for (let index = channel; index < image.length; index += channels) {
      squaredSum += (image[index]! - origin - mean) ** 2;
    }
    squares += squaredSum;
  }
  return Math.sqrt(squares / image.length);
}
