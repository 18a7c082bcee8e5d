// The statistics of images that scores are computed from, measured with a model.
import { onlyRank, partOfRank } from '../../../cluster/ranks.ts';
import { hasClasses, type ImageSet, imagesBuffer } from '../../../data/contract/dataset.ts';
import { ofBits, reduceBits } from '../../../data/pixels/bitDepth.ts';
import type { ImageValues } from '../../../models/imageValues.ts';
import { dimensionsOf } from '../../../numeric/imageShape.ts';
import type { Values } from '../../../numeric/values.ts';
import { nextTurn } from '../../../platform/eventLoop.node.ts';
import type { ClassLikelihoods } from '../../../trained/model/classLikelihoods.ts';
import type { FlowModel } from '../../../trained/model/flowModel.ts';
import type { MeasurementOptions } from '../../../trained/model/flowModelOptions.ts';
import type { ImageStatistics } from '../../../trained/model/referenceScores.ts';
import { inBitsPerDim, meanOverDraws } from '../../../trained/model/scoring.ts';
import { classStatistics } from './classStatistics.ts';
import { codeLength } from './codeLength.ts';
import { ninthNames, ninthsOf } from './ninths.ts';
import { pixelStatistics, pixelStatisticsOf } from './pixelStatistics.ts';

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
  given: ImageSet,
  options: MeasurementOptions,
): Promise<MeasuredStatistics> {
  const images = ofBits(given, model.bits);
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

/** The statistics that need no model: every rank computes those of its share of the images. */
async function ofPixels(
  { bits, model: { values } }: FlowModel,
  images: ImageSet,
  { ranks = onlyRank, signal }: MeasurementOptions,
): Promise<Record<string, Float64Array>> {
  const { count, imageShape } = images;
  const coded = images.kind === 'uint8' ? bits : undefined;
  const names = [...(coded === undefined ? [] : ['code']), ...Object.keys(pixelStatistics), ...ninthNames];
  const columns = Object.fromEntries(names.map((name) => [name, new Float64Array(count)]));
  const dimensions = dimensionsOf(imageShape);
  const pixels = imagesBuffer(images, 1);
  const { first, end } = partOfRank(ranks, count);
  for (let image = first; image < end; image++) {
    images.read([image], pixels);
    if (coded !== undefined && pixels instanceof Uint8Array) {
      columns.code![image] = codeLength(reduceBits(pixels, coded), imageShape, coded) / dimensions;
    }
    const scaled = standardised(pixels, imageShape[2], values);
    for (const [name, value] of Object.entries(pixelStatisticsOf(scaled, imageShape))) {
      columns[name]![image] = value;
    }
    ninthsOf(scaled, imageShape).forEach((value, place) => {
      columns[ninthNames[place]!]![image] = value;
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

/** Real numbers as the model takes them, since statistics on a log scale depend on the scale; other values as they are. */
function standardised(pixels: Values, channels: number, { xOf }: ImageValues): Values {
  return pixels instanceof Float32Array ? pixels.map((value, at) => xOf(value, at % channels)) : pixels;
}
