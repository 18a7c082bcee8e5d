// Scores how odd images are, compared with reference images.

import { UserError } from '../../core/errors.ts';
import { kindInWords, mean } from '../../core/numeric/index.ts';
import type { ImageSet } from '../../data/contract/index.ts';
import { ofBits } from '../../data/pixels/index.ts';
import {
  type ClassLikelihoods,
  type FlowModel,
  inBitsPerDim,
  type MeasurementOptions,
  mostProbable,
  partOfWork,
  posteriors,
  requireReference,
} from '../../model/index.ts';
import {
  type ImageScore,
  type ImageStatistics,
  imageScores,
  type ReferenceScores,
} from '../../model/referenceScores.ts';
import { type FittedScore, fitted, type JudgedImages } from './calibrate.ts';
import {
  computableFrom,
  defaultScore,
  type OddScore,
  type OddScoreName,
  oddScores,
  percentileOddness,
  type ScoreNeed,
} from './oddScores.ts';
import { measureReference, referencePasses } from './reference.ts';
import { compareSources, type SourceComparison } from './sameSource.ts';
import { measureStatistics } from './statistics/imageStatistics.ts';

/** How odd one image is. */
export interface Score extends ImageScore {
  /** Its position among the images. */
  readonly index: number;
  /** |percentile − 50|/50: 0 in the middle of the reference images, 1 beyond all of them on one side. */
  readonly oddness: number;
  /** The chosen score; higher is odder. */
  readonly score: number;
  /**
   * The share of reference images that are at least as odd, the image counted among them: uniform for images from the same
   * source. Null if the reference lacks what the score needs.
   */
  readonly pValue: number | null;
  /** Every score that could be computed, by name. */
  readonly scores: Readonly<Partial<Record<OddScoreName, number>>>;
  /** Under a model with classes, whose bits/dim are of p(x): the class by Bayes' rule, and bits/dim given each class. */
  readonly classes?: ScoredClasses;
}

/** The classes that an image may be of. */
export interface ScoredClasses {
  /** The most probable class. */
  readonly class: string;
  /** Its probability, with equally likely classes. */
  readonly probability: number;
  /** The probability of every class, by name. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** bits/dim of p(x | class) for every class, by name. */
  readonly bitsPerDim: Readonly<Record<string, number>>;
}

/** How images are scored; by default with the draws and the seed of the reference. */
export interface OddOptions extends MeasurementOptions {
  /** The score that orders them; by default the best one that can be computed. */
  readonly score?: OddScoreName | undefined;
}

/** Scored images. */
export interface OddReport {
  /** The score that orders them. */
  readonly score: OddScoreName;
  /** The images, the oddest first. */
  readonly images: readonly Score[];
  /** Whether they come from the source of the reference images; undefined for too few images. */
  readonly source: SourceComparison | undefined;
  /**
   * The scores of the reference images, ascending, each by a fit without that image; null if the reference lacks what the
   * score needs.
   */
  readonly reference: ArrayLike<number> | null;
}

/** Images scored in every way that can be computed. */
export interface OddReports {
  /** The score that is used unless another is chosen. */
  readonly best: OddScoreName;
  /** A report for each score. */
  readonly reports: Readonly<Partial<Record<OddScoreName, OddReport>>>;
}

/**
 * Scores images against reference images, measured in the same way; the oddest come first. The noise of an image depends on
 * the seed and on the image, so that its score does not depend on the others.
 *
 * @param reference the images, or what was measured of them; by default the statistics of validation images that the model carries
 * @throws UserError if the score cannot be computed
 * @example
 * ```ts
 * import { loadModel, score } from 'emerging-flows';
 * import { openDataset } from 'emerging-flows/data';
 *
 * const model = await loadModel('models/mnist-small');
 * const { test } = await openDataset('fashion-mnist');
 * const [oddest] = await score(model, test);
 * console.log(oddest!.index, oddest!.score);
 * await model.release();
 * ```
 */
export async function score(
  model: FlowModel,
  images: ImageSet,
  reference?: ImageSet | ReferenceScores,
  options: OddOptions = {},
): Promise<readonly Score[]> {
  return (await oddReport(model, images, reference, options)).images;
}

/**
 * Scores images as `score` does, and compares all of them with the source of the reference images.
 *
 * @throws UserError as `score` does
 */
export async function oddReport(
  model: FlowModel,
  images: ImageSet,
  source: ImageSet | ReferenceScores | undefined = model.reference,
  { score: wanted, ...options }: OddOptions = {},
): Promise<OddReport> {
  if (wanted !== undefined) {
    requireNeeds(wanted, model, images);
  }
  const { computable, best, report } = await measured(model, images, source, options);
  const chosen = wanted ?? best;
  if (!computable.includes(chosen)) {
    throw lacking(chosen);
  }
  return report(chosen);
}

/**
 * Scores images as `oddReport` does, by every score that can be computed; images are measured once.
 *
 * @throws UserError as `score` does
 */
export async function oddReports(
  model: FlowModel,
  images: ImageSet,
  source: ImageSet | ReferenceScores | undefined = model.reference,
  options: Omit<OddOptions, 'score'> = {},
): Promise<OddReports> {
  const { computable, best, report } = await measured(model, images, source, options);
  return {
    best,
    reports: Object.fromEntries(computable.map((name) => [name, report(name)])),
  };
}

/** Fewer reference images are too few for a fit. */
export const LEAST_REFERENCES = 10;

/**
 * Checks before the work that a score can be computed.
 *
 * @throws UserError if what it needs is missing
 */
function requireNeeds(name: OddScoreName, model: FlowModel, images: ImageSet): void {
  const { needs, from } = oddScores[name] as OddScore;
  const has: Record<ScoreNeed, boolean> = {
    classes: model.classes.length > 0,
    labels: model.classes.length > 0 && images.labels !== undefined,
  };
  if (needs !== undefined && !has[needs]) {
    throw lacking(name);
  }
  const { kind } = ofBits(images, model.bits);
  if (from.includes('code') && kind !== 'uint8') {
    throw new UserError(
      'invalid-argument',
      `the score ${name} compares with a coder of 8-bit integers, but these images are ${kindInWords(kind)}: choose another score`,
    );
  }
}

/** Measured images. */
interface MeasuredImages {
  readonly computable: readonly OddScoreName[];
  /** The default score if it can be computed and the reference has images enough, else bits. */
  readonly best: OddScoreName;
  /** Scores the images by a computable score. */
  report(name: OddScoreName): OddReport;
}

async function measured(
  model: FlowModel,
  images: ImageSet,
  source: ImageSet | ReferenceScores | undefined,
  { ranks, ...options }: Omit<OddOptions, 'score'>,
): Promise<MeasuredImages> {
  const reference = source ?? requireReference(undefined);
  const isMeasured = 'statistics' in reference;
  const measuredWith = isMeasured ? reference : { draws: 1, seed: 0 };
  const { draws = measuredWith.draws, seed = measuredWith.seed, ...following } = options;
  const imageWork = draws * images.count;
  const total = imageWork + (isMeasured ? 0 : draws * referencePasses(reference.count));
  const how = { draws, seed, ranks };
  const { bitsByDraw, classes, ...measured } = await measureStatistics(model, images, {
    ...how,
    ...partOfWork(following, { before: 0, of: total }),
  });
  const measuredReference = isMeasured
    ? reference
    : await measureReference(model, reference, '', {
        ...how,
        ...partOfWork(following, { before: imageWork, of: total }),
      });
  return ranked(measured.statistics, measuredReference.statistics, {
    scored: imageScores(bitsByDraw, measuredReference),
    classesOf: classes && scoredClasses(model, classes),
  });
}

/** Images by one score. */
type Judged = JudgedImages & Pick<FittedScore, 'reference'>;

function ranked(
  statistics: ImageStatistics,
  expected: ReferenceScores['statistics'],
  {
    scored,
    classesOf,
  }: {
    readonly scored: readonly ImageScore[];
    readonly classesOf: ((image: number) => ScoredClasses) | undefined;
  },
): MeasuredImages {
  const computable = computableFrom(statistics);
  const judged = Object.fromEntries(
    computable.map((name): [string, Judged] => {
      const { judge, reference } = fitted(oddScores[name], expected);
      return [name, { ...judge(statistics), reference }];
    }),
  );
  const source = compareSources(statistics, expected);
  const report = (chosen: OddScoreName): OddReport => {
    const { values, pValues, reference } = judged[chosen]!;
    const images = scored.map(
      (image, index): Score => ({
        index,
        ...image,
        oddness: percentileOddness(image.percentile),
        score: values[index]!,
        pValue: pValues?.[index] ?? null,
        scores: Object.fromEntries(Object.entries(judged).map(([name, each]) => [name, each.values[index]!])),
        ...(classesOf && { classes: classesOf(index) }),
      }),
    );
    return {
      score: chosen,
      images: images.sort((a, b) => compare(b.score, a.score) || a.index - b.index),
      source: source(values, reference),
      reference: reference ?? null,
    };
  };
  const isEnough = expected.bits.length >= LEAST_REFERENCES && computable.includes(defaultScore);
  return { computable, best: isEnough ? defaultScore : 'bits', report };
}

/** Why a score that needs this cannot be computed, and what to do. */
const lacks: Record<ScoreNeed, string> = {
  classes: 'a model with classes: train one with model.classes',
  labels: 'a model with classes, and images with the labels of these classes',
};

function lacking(name: OddScoreName): UserError {
  const { needs } = oddScores[name] as OddScore;
  return new UserError('invalid-argument', `the score ${name} needs ${lacks[needs!]}`);
}

/** The classes that each image may be of. */
function scoredClasses(model: FlowModel, likelihoods: ClassLikelihoods): (image: number) => ScoredClasses {
  const classPosteriors = posteriors(likelihoods);
  const { classes } = model;
  const byClass = inBitsPerDim(model.model, likelihoods.draws);
  const named = (evaluate: (number: number) => number): Record<string, number> =>
    Object.fromEntries(classes.map((name, number) => [name, evaluate(number)]));
  return (image) => {
    const probabilities = classPosteriors[image]!;
    const number = mostProbable(probabilities);
    return {
      class: classes[number]!,
      probability: probabilities[number]!,
      probabilities: named((each) => probabilities[each]!),
      bitsPerDim: named((each) => mean(byClass.map((draw) => draw[image * classes.length + each]!))),
    };
  };
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
