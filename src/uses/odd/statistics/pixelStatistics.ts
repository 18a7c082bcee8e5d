// Simple numbers about the pixels of an image, which name the kind of a shift: how bright, contrasted, noisy, sharp.
import { type ImageShape, mean, type Values } from '../../../core/numeric/index.ts';

/** A number about pixels, and what to call an image with more or less of it. */
export interface PixelStatistic {
  readonly more: string;
  readonly less: string;
}

/** A name of a statistic. */
export type PixelStatisticName =
  | 'brightness'
  | 'contrast'
  | 'noise'
  | 'sharpness'
  | 'greyLevels'
  | 'direction'
  | 'colour';

/** The statistics by name. */
export const pixelStatistics: Readonly<Record<PixelStatisticName, PixelStatistic>> = {
  brightness: { more: 'brighter', less: 'darker' },
  contrast: { more: 'more contrast', less: 'less contrast' },
  noise: { more: 'noisier', less: 'less noise' },
  sharpness: { more: 'sharper', less: 'blurrier' },
  greyLevels: { more: 'more grey levels', less: 'fewer grey levels' },
  direction: { more: 'more horizontal edges', less: 'more vertical edges' },
  colour: { more: 'more colour', less: 'less colour' },
};

/**
 * The statistics of an image, on its mean over channels: mean and deviation of the values; the deviation of noise
 * by Immerkær's filter (1996), which ignores edges; the mean square of differences between neighbours relative to those at
 * distance 2 (1/4 if smooth, 1 for noise; 0 if constant); the number of different values in all channels; the logarithm of the mean
 * square of differences down the columns over that along the rows, both plus a thousandth of the variance (0 if constant);
 * the mean over pixels of the largest minus the smallest channel.
 */
export function measurePixelStatistics(
  pixels: Values,
  [height, width, channels]: ImageShape,
): Record<PixelStatisticName, number> {
  const grey = Float64Array.from({ length: height * width }, (_, pixel) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += pixels[pixel * channels + channel]!;
    }
    return sum / channels;
  });
  const brightness = mean(grey);
  const spread = mean(grey.map((value) => (value - brightness) ** 2));
  return {
    brightness,
    contrast: Math.sqrt(spread),
    noise: noiseDeviation(grey, height, width),
    sharpness: sharpness(grey, height, width),
    greyLevels: new Set<number>(pixels).size,
    direction: edgeDirection(grey, height, width, spread),
    colour: colourfulness(pixels, channels),
  };
}

function noiseDeviation(grey: Float64Array, height: number, width: number): number {
  let total = 0;
  for (let row = 1; row + 1 < height; row++) {
    for (let column = 1; column + 1 < width; column++) {
      const pixel = row * width + column;
      const second = (centre: number): number => grey[centre - 1]! - 2 * grey[centre]! + grey[centre + 1]!;
      total += Math.abs(second(pixel - width) - 2 * second(pixel) + second(pixel + width));
    }
  }
  const places = Math.max(0, height - 2) * Math.max(0, width - 2);
  return places === 0 ? 0 : (Math.sqrt(Math.PI / 2) * total) / (6 * places);
}

function sharpness(grey: Float64Array, height: number, width: number): number {
  const meanSquare = (distance: number): number => {
    let [total, count] = [0, 0];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const pixel = row * width + column;
        for (const [fits, neighbour] of [
          [column + distance < width, pixel + distance],
          [row + distance < height, pixel + distance * width],
        ] as const) {
          if (fits) {
            total += (grey[neighbour]! - grey[pixel]!) ** 2;
            count++;
          }
        }
      }
    }
    return count === 0 ? 0 : total / count;
  };
  const far = meanSquare(2);
  return far === 0 ? 0 : meanSquare(1) / far;
}

/** The share of the variance added to the differences in each direction, so that stripes have a finite ratio. */
const LEAST_SHARE = 0.001;

function edgeDirection(grey: Float64Array, height: number, width: number, spread: number): number {
  let [down, along] = [0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = row * width + column;
      along += column + 1 < width ? (grey[pixel + 1]! - grey[pixel]!) ** 2 : 0;
      down += row + 1 < height ? (grey[pixel + width]! - grey[pixel]!) ** 2 : 0;
    }
  }
  const least = LEAST_SHARE * spread * height * width;
  return least === 0 ? 0 : Math.log((down + least) / (along + least));
}

function colourfulness(pixels: Values, channels: number): number {
  let total = 0;
  for (let first = 0; first < pixels.length; first += channels) {
    let [least, greatest] = [pixels[first]!, pixels[first]!];
    for (let value = first + 1; value < first + channels; value++) {
      least = Math.min(least, pixels[value]!);
      greatest = Math.max(greatest, pixels[value]!);
    }
    total += greatest - least;
  }
  return (total * channels) / pixels.length;
}
