// bits/dim of a split: the mean over images and dequantisation draws, its two errors, the spread, a tighter bound; and the
// record of an evaluation, with everything it depends on, as stored in runs and printed.
import { UserError } from '../../core/errors.ts';
import {
  countDimensions,
  mean,
  quantile,
  requireArgument,
  requireKnown,
  requireWhole,
  standardErrorOfMean,
  variance,
} from '../../core/numeric/index.ts';
import {
  evenlySpread,
  hasClasses,
  type ImageOfSet,
  type ImageSet,
  imageOfSet,
  type Split,
  subset,
} from '../../data/contract/index.ts';
import type { JsonObject } from '../../data/files/index.ts';
import {
  type DequantisationName,
  dequantisationName,
  type Flow,
  type ModelOptions,
  type ResultUnit,
  resultUnit,
  valueBits,
} from '../../flows/models/index.ts';
import type { WeightsKind } from '../../runs/contents/index.ts';
import { givenClass, overClasses } from '../classLikelihoods.ts';
import type { FlowModel } from '../flowModel.ts';
import type { MeasurementOptions } from '../flowModelOptions.ts';
import { inBitsPerDim } from '../scoring.ts';
import { type ClassEvaluation, classEvaluation } from './classEvaluation.ts';

/** An image of a split and its bits/dim. */
export interface MeasuredImage extends ImageOfSet {
  /** Its mean over draws. */
  readonly bitsPerDim: number;
}

/** bits/dim of a split. */
export interface Evaluation {
  /** The mean over all images and draws. */
  readonly bitsPerDim: number;
  /**
   * Only for a model with classes: whether the bits/dim are of p(x | class), given the labels of the images, or of p(x), the
   * classes equally likely, for images without the labels of the model.
   */
  readonly likelihood?: 'p(x | class)' | 'p(x)';
  /**
   * The standard error of that mean over repetitions with other noise on the same images, √(Σ sᵢ²/K)/n with sᵢ² the
   * variance of image i over the K draws; null for one draw.
   */
  readonly standardError: number | null;
  /**
   * The standard error of that mean over repetitions with other images of the same kind, s/√n with s the standard
   * deviation over images: how well n images represent the population. Null for one image.
   */
  readonly samplingError: number | null;
  /** Dequantisation draws per image. */
  readonly draws: number;
  /** How many images. */
  readonly images: number;
  /** The median over images. */
  readonly median: number;
  /** The 1 % and the 99 % quantile over images, linear between two of them. */
  readonly quantiles: {
    /** One image in a hundred lies below. */
    readonly '1%': number;
    /** One image in a hundred lies above. */
    readonly '99%': number;
  };
  /** The image with the highest bits/dim, which a mean may hide. */
  readonly worst: MeasuredImage;
  /** The 16 images with the highest bits/dim, the highest first. */
  readonly worstImages: readonly MeasuredImage[];
  /** The tighter bound, if requested. */
  readonly importance?: ImportanceBound;
  /** Of a model with classes, on images with their labels: p(x), and how well it classifies them. */
  readonly classes?: ClassEvaluation;
  /** The mean over draws of each image. */
  readonly perImage: Float64Array;
}

/** What is measured, and how. */
export interface EvaluateOptions extends MeasurementOptions {
  /** Whether labels are used; default true. Without, the bits/dim of a model with classes are of p(x). */
  readonly labels?: boolean | undefined;
  /** Draws per image of the importance-weighted bound, which is then measured too, sharing the draws. */
  readonly importance?: number | undefined;
}

const evaluateOptions: Readonly<Record<keyof EvaluateOptions, true>> = {
  labels: true,
  importance: true,
  draws: true,
  seed: true,
  noiseByContent: true,
  ranks: true,
  signal: true,
  onProgress: true,
};

/** How many of the worst images are listed. */
const WORST = 16;

/** The draws of the noise that an evaluation takes of each image: one of real numbers, which have no noise. */
export function countDraws(
  { values }: Pick<Flow, 'values'>,
  { draws = 1, importance = 0 }: EvaluateOptions,
): number {
  return values.bits === undefined ? 1 : Math.max(draws, importance);
}

/**
 * Measures bits/dim of a set of images; the standard error needs 2 or more draws.
 *
 * @example
 * ```ts
 * import { evaluate, loadModel } from 'emerging-flows';
 * import { openDataset } from 'emerging-flows/data';
 *
 * const model = await loadModel('runs/quickstart');
 * const { test } = await openDataset('mnist');
 * const { bitsPerDim, samplingError } = await evaluate(model, test, { draws: 4 });
 * await model.release();
 * ```
 */
export async function evaluate(
  model: FlowModel,
  images: ImageSet,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  requireArgument(
    typeof images?.count === 'number',
    "evaluate needs images, such as evaluate(model, (await openDataset('mnist')).test)",
  );
  requireKnown(options, evaluateOptions);
  if (images.count === 0) {
    throw new RangeError('there are no images to evaluate');
  }
  const { draws = 1, importance, labels, ...how } = options;
  requireWhole('draws', draws, 1);
  if (importance !== undefined && (!Number.isInteger(importance) || importance < 1)) {
    throw new UserError(
      'invalid-argument',
      `importance must be a whole number of draws of 1 or more, not ${importance}`,
    );
  }
  if (importance !== undefined && model.bits === undefined) {
    throw new UserError(
      'invalid-argument',
      'the importance-weighted bound is for dequantised integers: the likelihood of this continuous model is exact; leave importance out',
    );
  }
  const { values, ...classes } = await measured(model, images, labels ?? true, {
    ...how,
    draws: countDraws(model.model, options),
  });
  const bound =
    importance === undefined
      ? undefined
      : importanceBound(values.slice(0, importance), countDimensions(model.imageShape));
  const { likelihood, evaluateClasses } = classes;
  const summary = summarise(values.slice(0, draws));
  const worstImages = summary.worstImages.map((worstImage) => ({
    ...worstImage,
    ...imageOfSet(images, worstImage.index),
  }));
  return {
    ...summary,
    worst: worstImages[0]!,
    worstImages,
    ...(likelihood && { likelihood }),
    ...(evaluateClasses && { classes: evaluateClasses(summary.perImage, draws) }),
    ...(bound && { importance: bound }),
  };
}

/** bits/dim of images for each draw, and for a model with classes what they are of. */
interface Measured extends Pick<Evaluation, 'likelihood'> {
  readonly values: readonly Float64Array[];
  /** Evaluates the classes from bits/dim given the class and the number of draws; for labelled images. */
  evaluateClasses?(classBits: Float64Array, draws: number): ClassEvaluation;
}

async function measured(
  model: FlowModel,
  images: ImageSet,
  usesLabels: boolean,
  how: MeasurementOptions,
): Promise<Measured> {
  if (model.classes.length === 0) {
    return { values: await model.bitsPerDimByDraw(images, how) };
  }
  const likelihoods = await model.classLikelihoods(images, how);
  const marginal = inBitsPerDim(model.model, overClasses(likelihoods));
  const labels = usesLabels && hasClasses(images, model.classes) ? images.labels : undefined;
  if (labels === undefined) {
    return { values: marginal, likelihood: 'p(x)' };
  }
  const numbers = Array.from({ length: images.count }, (_, image) => labels.classAt(image));
  return {
    values: inBitsPerDim(model.model, givenClass(likelihoods, numbers)),
    likelihood: 'p(x | class)',
    evaluateClasses: (classBits, draws) => {
      const { classes } = likelihoods;
      const ofDraws = { classes, draws: likelihoods.draws.slice(0, draws) };
      return classEvaluation(ofDraws, labels, { given: classBits, marginal: marginal.slice(0, draws) });
    },
  };
}

/** Combines draws of the noise, each given as bits/dim of every image, into an evaluation. */
export function summarise(values: readonly Float64Array[]): Evaluation {
  const draws = values.length;
  const drawsOfImage = (image: number): number[] => values.map((draw) => draw[image]!);
  const perImage = values[0]!.map((_, image) => mean(drawsOfImage(image)));
  const images = perImage.length;
  const variances = perImage.map((_, image) => variance(drawsOfImage(image)));
  const sorted = perImage.toSorted();
  const worstImages = highest(perImage, WORST);
  return {
    bitsPerDim: mean(perImage),
    standardError: draws > 1 ? Math.sqrt(mean(variances) / draws / images) : null,
    samplingError: standardErrorOfMean(perImage),
    draws,
    images,
    median: quantile(sorted, 0.5),
    quantiles: { '1%': quantile(sorted, 0.01), '99%': quantile(sorted, 0.99) },
    worst: worstImages[0]!,
    worstImages,
    perImage,
  };
}

/** The images with the highest values, the highest first; NaN is treated as infinite. */
function highest(values: Float64Array, count: number): MeasuredImage[] {
  const rank = (index: number): number =>
    Number.isNaN(values[index]!) ? Number.POSITIVE_INFINITY : values[index]!;
  const order = Array.from(values.keys()).sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a)));
  return order.slice(0, count).map((index) => ({ index, bitsPerDim: values[index]! }));
}

/** bits/dim by the importance-weighted bound. */
export interface ImportanceBound {
  /** K, the draws per image. */
  readonly draws: number;
  /** The mean over images of the bound: no higher than the plain mean of the same draws, and falling with K. */
  readonly bitsPerDim: number;
  /** The standard error of that mean over other images, s/√n; null for one image. */
  readonly samplingError: number | null;
}

/**
 * The bound −ln((1/K) Σₖ p(x + uₖ))/(D·ln 2) of each image, its mean, and the error of that.
 *
 * The probability of an integer image is the mean over all u of the density at x + u. The mean of its logarithm, which
 * is the usual bits/dim, lies below the logarithm of the mean (Jensen), and the mean over K draws between the
 * two. Source: Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders (2016).
 *
 * @param values bits/dim of every image, one array for each draw
 * @param dimensions D, the values of an image
 */
export function importanceBound(values: readonly Float64Array[], dimensions: number): ImportanceBound {
  const natsPerBit = dimensions * Math.LN2;
  const perImage = values[0]!.map((_, image) => {
    const draws = values.map((draw) => draw[image]!);
    // Densities of whole images would overflow: the likeliest draw is factored out of the sum.
    const least = draws.reduce((least, value) => Math.min(least, value));
    if (!Number.isFinite(least)) {
      return least;
    }
    const sum = draws.reduce((sum, value) => sum + Math.exp(natsPerBit * (least - value)), 0);
    return least - Math.log(sum / draws.length) / natsPerBit;
  });
  return {
    draws: values.length,
    bitsPerDim: mean(perImage),
    samplingError: standardErrorOfMean(perImage),
  };
}

/** The record of an evaluation, as printed and stored: the result and everything it depends on. */
export interface EvaluationRecord extends Record<string, unknown>, Omit<Evaluation, 'perImage'> {
  readonly split: Split;
  /** How many images the split has, if not all were measured. */
  readonly available?: number;
  /** Absent if an export does not say. */
  readonly weights?: WeightsKind;
  /** Absent for a continuous model. */
  readonly bits?: number;
  /** The unit for display and storage; the record itself is in bits per value. */
  readonly unit: ResultUnit;
  /** Which bound it is, named after the dequantisation noise; importance-weighted or not, q refers to this noise. */
  readonly bound: DequantisationName;
}

/** An evaluation of some images of a set. */
export type PartialEvaluation = Evaluation & Pick<EvaluationRecord, 'available'>;

/** Evaluates `count` images, evenly spread over a set; the worst ones have their indices in the set. */
export async function evaluateSpread(
  model: FlowModel,
  images: ImageSet,
  count: number,
  options: EvaluateOptions,
): Promise<PartialEvaluation> {
  if (count >= images.count) {
    return evaluate(model, images, options);
  }
  const positions = evenlySpread(count, images.count);
  const evaluation = await evaluate(model, subset(images, positions), options);
  const inSet = (image: MeasuredImage): MeasuredImage => ({ ...image, index: positions[image.index]! });
  return {
    ...evaluation,
    worst: inSet(evaluation.worst),
    worstImages: evaluation.worstImages.map(inSet),
    available: images.count,
  };
}

/** An evaluation as stored, without the per-image values. */
export function evaluationRecord(
  { perImage: _, ...measured }: PartialEvaluation,
  { split, weights, model }: { split: Split; weights: WeightsKind | undefined; model: ModelOptions },
): EvaluationRecord {
  return {
    ...measured,
    split,
    ...(weights && { weights }),
    ...(valueBits(model) !== undefined && { bits: valueBits(model)! }),
    unit: resultUnit(model),
    bound: dequantisationName(model),
  };
}

/** An evaluation as stored in files, in the unit of the model. */
export function storedEvaluation({ unit, ...record }: EvaluationRecord): JsonObject {
  return unit.record(record) as JsonObject;
}
