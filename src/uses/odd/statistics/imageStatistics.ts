// The statistics of images that scores are computed from, measured with a model.

import { countDimensions, type ImageShape, mean, type Values } from '../../../core/numeric/index.ts';
import { nextTurn } from '../../../core/platform/index.ts';
import { onlyRank, partOfRank } from '../../../core/ranks/index.ts';
import { hasClasses, type ImageSet, imagesBuffer, type Labels } from '../../../data/contract/index.ts';
import { ofBits, reduceBits } from '../../../data/pixels/index.ts';
import type { ImageValues } from '../../../flows/models/index.ts';
import {
  type ClassLikelihoods,
  type FlowModel,
  inBitsPerDim,
  type MeasurementOptions,
  meanOverDraws,
  natsPerUnit,
} from '../../../model/index.ts';
import type { ImageStatistics } from '../../../model/referenceScores.ts';
import { codeLength } from './codeLength.ts';
import { measurePixelStatistics, pixelStatistics } from './pixelStatistics.ts';

/** Images, measured. */
export interface MeasuredStatistics {
  /** The statistics; parts of likelihoods and code lengths in bits/dim. */
  readonly statistics: ImageStatistics;
  /** bits/dim of each image for each draw of the noise. */
  readonly bitsByDraw: readonly Float64Array[];
  /** ln p(x | class) of a model with classes. */
  readonly classes?: ClassLikelihoods | undefined;
}

/**
 * Measures images: `bits`, `latents L` and `logDet L` of each level, `code` of images of 8 bits, the pixel statistics,
 * `ninth N` and, for a model with classes, `bestClass` and, if the images have its labels, `labelMargin`. The noise of an
 * image depends on the image.
 */
export async function measureStatistics(
  model: FlowModel,
  scored: ImageSet,
  options: MeasurementOptions,
): Promise<MeasuredStatistics> {
  const images = ofBits(scored, model.bits);
  const how = { ...options, noiseByContent: true };
  const { logLikelihood, levels, classes } = await model.levelDensities(images, how);
  const bitsByDraw = inBitsPerDim(model.model, logLikelihood);
  const inBits = (nats: Float64Array): Float64Array => inBitsPerDim(model.model, [nats])[0]!;
  const labels = hasClasses(images, model.classes) ? images.labels : undefined;
  const statistics = {
    bits: meanOverDraws(bitsByDraw),
    ...Object.fromEntries(Object.entries(levels).map(([name, part]) => [name, inBits(part)])),
    ...(await ofPixels(model, images, options)),
    ...(classes && classStatistics(model, classes, labels)),
  };
  return { statistics, bitsByDraw, ...(classes && { classes }) };
}

/** Images between two turns of the event loop. */
const AT_ONCE = 16;

/** The statistics that need no model: every rank computes them for its share of the images. */
async function ofPixels(
  { bits, model: { values } }: FlowModel,
  images: ImageSet,
  { ranks = onlyRank, signal }: MeasurementOptions,
): Promise<Record<string, Float64Array>> {
  const { count, imageShape } = images;
  const coded = images.kind === 'uint8' ? bits : undefined;
  const names = [...(coded === undefined ? [] : ['code']), ...Object.keys(pixelStatistics), ...ninthNames];
  const columns = Object.fromEntries(names.map((name) => [name, new Float64Array(count)]));
  const dimensions = countDimensions(imageShape);
  const pixels = imagesBuffer(images, 1);
  const { first, end } = partOfRank(ranks, count);
  for (let image = first; image < end; image++) {
    images.read([image], pixels);
    if (coded !== undefined && pixels instanceof Uint8Array) {
      columns.code![image] = codeLength(reduceBits(pixels, coded), imageShape, coded) / dimensions;
    }
    const scaled = standardised(pixels, imageShape[2], values);
    for (const [name, value] of Object.entries(measurePixelStatistics(scaled, imageShape))) {
      columns[name]![image] = value;
    }
    gridMeans(scaled, imageShape).forEach((value, index) => {
      columns[ninthNames[index]!]![image] = value;
    });
    if (image % AT_ONCE === 0) {
      // One of several ranks must not leave alone: the others would wait for it.
      if (ranks.size === 1) {
        signal?.throwIfAborted();
      }
      await nextTurn();
    }
  }
  for (const name of names) {
    // Zeros for the images of other ranks: their sum is exact.
    await ranks.sum(columns[name]!);
  }
  return columns;
}

/** Real numbers as the model takes them, since statistics on a log scale depend on the scale; other values unchanged. */
function standardised(pixels: Values, channels: number, { xOf }: ImageValues): Values {
  return pixels instanceof Float32Array ? pixels.map((value, index) => xOf(value, index % channels)) : pixels;
}

/** The names of the ninths, row by row. */
export const ninthNames = Array.from({ length: 9 }, (_, index) => `ninth ${index}`);

/** The mean value in each cell of a 3 x 3 grid, over pixels and channels; 0 in a cell of an image that has no pixel there. */
export function gridMeans(pixels: Values, [height, width, channels]: ImageShape): Float64Array {
  const sums = new Float64Array(9);
  const counts = new Float64Array(9);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const cell = 3 * Math.floor((3 * row) / height) + Math.floor((3 * column) / width);
      const first = (row * width + column) * channels;
      for (let value = first; value < first + channels; value++) {
        sums[cell]! += pixels[value]!;
      }
      counts[cell]! += channels;
    }
  }
  return sums.map((sum, cell) => sum / Math.max(1, counts[cell]!));
}

/**
 * `bestClass`, the bits/dim given the class that suits an image best, and for labelled images `labelMargin`, how many fewer bits
 * the best other class suits it better than its label; both of the mean over draws of ln p(x | class).
 */
export function classStatistics(
  { model }: FlowModel,
  { classes, draws }: ClassLikelihoods,
  labels: Labels | undefined,
): { bestClass: Float64Array; labelMargin?: Float64Array } {
  const images = draws[0]!.length / classes;
  const classDensities = (image: number): number[] =>
    Array.from({ length: classes }, (_, number) =>
      mean(draws.map((draw) => draw[image * classes + number]!)),
    );
  const bestClass = new Float64Array(images);
  const labelMargin = new Float64Array(images);
  for (let image = 0; image < images; image++) {
    const each = classDensities(image);
    bestClass[image] = Math.max(...each) / natsPerUnit(model);
    if (labels) {
      const imageClass = labels.classAt(image);
      const others = each.filter((_, number) => number !== imageClass);
      labelMargin[image] = (Math.max(...others) - each[imageClass]!) / Math.LN2;
    }
  }
  return { bestClass, ...(labels && classes > 1 && { labelMargin }) };
}
