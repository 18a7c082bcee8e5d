// Where images are odd: the bits of each place, compared with the same place in reference images.

import { call, phrase, UserError } from '../../core/errors.ts';
import { type ImageShape, mean, type NdArray } from '../../core/numeric/index.ts';
import { type ImageSet, readAll, subset } from '../../data/contract/index.ts';
import { choiceFrom, type FlowModel, type MeasurementOptions, partOfWork } from '../../model/index.ts';
import type { ReferencePlaces } from '../../model/referenceScores.ts';

/** The most reference images whose places are measured: their deviations are then right to within 7 %. */
export const PLACE_IMAGES = 100;

/** The places of an image that are framed. */
const FRAMES = 3;

/** More places would make the file of the reference too large. */
const MOST_PLACES = 2 ** 20;

/** The most values of maps in memory at once. */
const MOST_VALUES = 2 ** 22;

/** Where an image is odd. */
export interface ImagePlaces {
  /** The bits of each pixel, `[H, W]`, row-major; their mean is bits/dim times the channels. */
  readonly bits: Float64Array;
  /** By how many standard deviations they differ around each pixel; null if the reference has no places. */
  readonly deviations: Float64Array | null;
  /** The three oddest places, squares that do not overlap, the oddest first. */
  readonly oddest: readonly {
    /** The first row. */
    readonly row: number;
    /** The first column. */
    readonly column: number;
    /** The side, in pixels. */
    readonly side: number;
    /**
     * By how many standard deviations of the reference its bits differ from their mean there, or by how many mean deviations
     * of all places if those are larger: more bits if positive.
     */
    readonly deviations: number;
  }[];
}

/** A square of an image, and how odd it is. */
export type OddPlace = ImagePlaces['oddest'][number];

/** How odd each place of images is. */
export interface OddPlaces {
  /** The standard deviations of every pixel's surroundings, `[N, H, W]`. */
  readonly map: NdArray & { readonly data: Float64Array };
  /** The three oddest places of each image, the oddest first, which do not overlap. */
  readonly oddest: readonly (readonly OddPlace[])[];
}

/** Measures the bits of each place of reference images; undefined for fewer than two images, or more than a million places. */
export async function measurePlaces(
  model: FlowModel,
  images: ImageSet,
  { ranks, draws = 1, seed = 0, ...following }: MeasurementOptions,
): Promise<ReferencePlaces | undefined> {
  const { count } = images;
  const { imageShape } = model;
  const [height, width] = imageShape;
  const area = height * width;
  if (count < 2 || area > MOST_PLACES) {
    return undefined;
  }
  const side = sideFor(imageShape);
  const sums = new Float64Array(area);
  const squares = new Float64Array(area);
  const atOnce = Math.max(1, Math.floor(MOST_VALUES / area));
  let shift: Float64Array | undefined;
  for (let first = 0; first < count; first += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - first) }, (_, offset) => first + offset);
    const part = partOfWork(following, { before: draws * first, of: draws * count });
    const batchImages = subset(images, some);
    const condition = choiceFrom(model.model, batchImages);
    const how = { draws, seed, condition, noiseByContent: true, ranks, ...part };
    const map = await model.bitsMap(readAll(batchImages), how);
    const local = surroundings(map, side);
    // Sums are of differences from the first image, so that squares do not cancel.
    shift ??= local.slice(0, area);
    local.forEach((value, index) => {
      const difference = value - shift![index % area]!;
      sums[index % area]! += difference;
      squares[index % area]! += difference * difference;
    });
  }
  const deviation = squares.map((square, index) =>
    Math.sqrt(Math.max(0, square - sums[index]! ** 2 / count) / (count - 1)),
  );
  return {
    images: count,
    side,
    mean: Array.from(sums, (sum, index) => short(shift![index]! + sum / count)),
    deviation: Array.from(deviation, short),
  };
}

/** Measures where images are odd, with the draws and the seed of the reference. */
export async function placesIn(
  model: FlowModel,
  images: ImageSet,
  reference: ReferencePlaces | undefined,
  options: MeasurementOptions,
): Promise<ImagePlaces[]> {
  const condition = choiceFrom(model.model, images);
  const map = await model.bitsMap(readAll(images), { ...options, condition, noiseByContent: true });
  const odd = reference && oddPlaces(map, reference);
  const area = map.data.length / images.count;
  return Array.from({ length: images.count }, (_, image) => ({
    bits: Float64Array.from(map.data.subarray(image * area, (image + 1) * area)),
    deviations: odd ? odd.map.data.subarray(image * area, (image + 1) * area) : null,
    oddest: odd?.oddest[image] ?? [],
  }));
}

/**
 * How odd each place of images is.
 *
 * @param bitsMap of the images, measured with the draws and the seed of the reference
 */
export function oddPlaces(bitsMap: NdArray, { side, mean: centre, deviation }: ReferencePlaces): OddPlaces {
  const [count, height, width] = bitsMap.shape as [number, number, number];
  const area = height * width;
  if (centre.length !== area) {
    throw new UserError(
      'mismatch',
      phrase`the reference has ${centre.length} places, and an image ${area}: measure it again with ${call('measureReference')}`,
    );
  }
  // Where reference images hardly differ, as at their borders, the smallest difference would count.
  const least = mean(deviation);
  const data = surroundings(bitsMap, side).map((value, index) => {
    const pixel = index % area;
    return (value - centre[pixel]!) / Math.max(deviation[pixel]!, least, Number.MIN_VALUE);
  });
  const oddest = Array.from({ length: count }, (_, image) =>
    framesIn(data.subarray(image * area, (image + 1) * area), [height, width], side),
  );
  return { map: { shape: [count, height, width], data }, oddest };
}

/** The side of the square around a place: about an eighth of the image, odd, at least 3. */
function sideFor([height, width]: ImageShape): number {
  return 2 * Math.max(1, Math.round(Math.min(height, width) / 16)) + 1;
}

/** The mean over the square around each pixel of maps `[N, H, W]`. */
function surroundings({ shape, data }: NdArray, side: number): Float64Array {
  const [count, height, width] = shape as [number, number, number];
  const [area, reach] = [height * width, (side - 1) / 2];
  const result = new Float64Array(data.length);
  // Sums over the rectangle above and left of each pixel, one row and column longer.
  const sums = new Float64Array((height + 1) * (width + 1));
  const sumAt = (row: number, column: number): number => sums[row * (width + 1) + column]!;
  for (let image = 0; image < count; image++) {
    for (let row = 0; row < height; row++) {
      let along = 0;
      for (let column = 0; column < width; column++) {
        along += data[image * area + row * width + column]!;
        sums[(row + 1) * (width + 1) + column + 1] = sumAt(row, column + 1) + along;
      }
    }
    for (let row = 0; row < height; row++) {
      const [top, bottom] = [Math.max(0, row - reach), Math.min(height, row + reach + 1)];
      for (let column = 0; column < width; column++) {
        const [left, right] = [Math.max(0, column - reach), Math.min(width, column + reach + 1)];
        const total = sumAt(bottom, right) - sumAt(top, right) - sumAt(bottom, left) + sumAt(top, left);
        result[image * area + row * width + column] = total / ((bottom - top) * (right - left));
      }
    }
  }
  return result;
}

/** The oddest squares, one after the other, without those that overlap an earlier one. */
function framesIn(map: Float64Array, [height, width]: [number, number], side: number): OddPlace[] {
  const order = Array.from(map.keys()).sort((a, b) => Math.abs(map[b]!) - Math.abs(map[a]!) || a - b);
  const reach = (side - 1) / 2;
  const frames: OddPlace[] = [];
  for (const pixel of order) {
    const row = Math.max(0, Math.min(Math.floor(pixel / width) - reach, height - side));
    const column = Math.max(0, Math.min((pixel % width) - reach, width - side));
    const overlaps = frames.some(
      (frame) => Math.abs(frame.row - row) < side && Math.abs(frame.column - column) < side,
    );
    if (!overlaps && Number.isFinite(map[pixel]!)) {
      frames.push({ row, column, side, deviations: map[pixel]! });
      if (frames.length === FRAMES) {
        break;
      }
    }
  }
  return frames;
}

/** Five digits: no place is known more precisely. */
function short(value: number): number {
  return Number(value.toPrecision(5));
}
