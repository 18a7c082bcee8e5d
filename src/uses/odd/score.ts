// Scores how odd images are, compared with reference images.

import { UserError } from '../../core/errors.ts';
import { kindInWords, mean, type Values } from '../../core/numeric/index.ts';
import { type PartChoice, partName } from '../../core/parts/index.ts';
import { type ImageSet, subset } from '../../data/contract/index.ts';
import { ofBits } from '../../data/pixels/index.ts';
import {
  type ClassLikelihoods,
  type ConditionOptions,
  type FlowModel,
  inBitsPerDim,
  type MeasurementOptions,
  mostProbable,
  partOfWork,
  posteriors,
  toImageSet,
} from '../../model/index.ts';
import { type ImageScore, imageScores, type ReferenceScores } from '../../model/referenceScores.ts';
import { fitted, type JudgedImages } from './calibrate.ts';
import { ENOUGH_TO_CALL, ODD } from './limits.ts';
import { type ImagePlaces, placesIn } from './places.ts';
import { measureReference, referencePasses } from './reference.ts';
import { compareSources, type SourceComparison } from './sameSource.ts';
import { computableFrom, defaultScore, type ScoreDefinition, scores } from './scores/index.ts';
import { type MeasuredStatistics, measureStatistics } from './statistics/imageStatistics.ts';

export type { SourceComparison } from './sameSource.ts';

/** How images are scored; by default with the draws and the seed of the reference. */
export interface ScoreOptions extends Omit<MeasurementOptions, 'noiseByContent'>, ConditionOptions {
  /** The score that orders them, by name or definition, or with options; by default the best one that can be computed. */
  readonly score?: PartChoice | undefined;
  /** What to compare with: images, or what `measureReference` returned; default: the validation images stored with the model. */
  readonly reference?: ImageSet | ReferenceScores | undefined;
  /** Of how many images, the oddest first, to measure where they are odd; default 0. */
  readonly places?: number;
}

/** How odd one image is. */
export interface ScoredImage extends ImageScore {
  /** Its position among the images. */
  readonly index: number;
  /** The chosen score; higher is odder. */
  readonly score: number;
  /**
   * The share of reference images that are at least as odd, the image counted among them: uniform for images from the same
   * source. Null if the reference lacks what the score needs.
   */
  readonly pValue: number | null;
  /** Under a model with classes, whose bits/dim are of p(x): the class by Bayes' rule, and bits/dim given each class. */
  readonly classes?: {
    /** The most probable class. */
    readonly class: string;
    /** Its probability, with equally likely classes. */
    readonly probability: number;
    /** The probability of every class, by name. */
    readonly probabilities: Readonly<Record<string, number>>;
    /** bits/dim of p(x | class) for every class, by name. */
    readonly bitsPerDim: Readonly<Record<string, number>>;
  };
  /** Where it is odd, if `places` asks for it. */
  readonly places?: ImagePlaces;
}

/** All images by one score, in their own order. */
export interface ScoreColumn {
  /** The score of each; higher is odder. */
  readonly values: Float64Array;
  /** The p-value of each; null if the reference lacks what the score needs. */
  readonly pValues: Float64Array | null;
  /**
   * The scores of the reference images, ascending, each by a fit without that image; null if the reference lacks what the
   * score needs.
   */
  readonly reference: Float64Array | null;
  /** How many images have a p-value of at most 0.01; null without p-values, or with fewer than 299 reference images. */
  readonly odd: number | null;
  /** Whether the images come from the source of the reference images; undefined for fewer than 10 of either. */
  readonly source: SourceComparison | undefined;
}

/** Scored images. */
export interface ScoreReport extends Pick<ScoreColumn, 'odd' | 'source'> {
  /** The name of the score that orders them. */
  readonly score: string;
  /** The images, the oddest first. */
  readonly images: readonly ScoredImage[];
  /** The names of the scores that can be computed. */
  readonly scores: readonly string[];
  /**
   * The images by any of these scores; nothing is measured again.
   *
   * @throws UserError if it cannot be computed
   */
  by(score: string): ScoreColumn;
}

/** The reference that a model has. */
function storedReference({ reference }: FlowModel): ReferenceScores {
  if (reference === undefined) {
    throw new UserError(
      'not-ready',
      'this model has no statistics of validation images: measure them with measureReference and pass the result as ' +
        'reference; on the command line, score and export measure and store them',
    );
  }
  return reference;
}

/** Fewer reference images are too few for a fit. */
export const LEAST_REFERENCES = 10;

/**
 * Scores how odd images are compared with reference images, which are measured in the same way. The noise of an image depends
 * on the seed and on the image, so that its score does not depend on the others.
 *
 * @param images a set of images, or pixels `[N, H, W, C]`
 * @throws UserError if the score cannot be computed, or the reference was measured with another model
 * @example
 * ```ts
 * import { loadModel, score } from 'emerging-flows';
 * import { openDataset } from 'emerging-flows/data';
 *
 * const model = await loadModel('models/mnist-small');
 * const { test } = await openDataset('fashion-mnist');
 * const { images, odd, source } = await score(model, test, { places: 20 });
 * console.log(images[0]!.index, images[0]!.pValue, images[0]!.places!.oddest);
 * console.log(odd, source!.same);
 * await model.release();
 * ```
 */
export async function score(
  model: FlowModel,
  images: ImageSet | Values,
  { score: choice, reference: chosenReference, places = 0, condition, ...options }: ScoreOptions = {},
): Promise<ScoreReport> {
  const set = ArrayBuffer.isView(images) ? toImageSet(model.model, images, condition) : images;
  const wanted = choice === undefined ? undefined : scores.resolve(choice).definition;
  if (wanted !== undefined) {
    requireNeeds(wanted, model, set);
  }
  const source = chosenReference ?? storedReference(model);
  if ('statistics' in source && source.fingerprint !== model.fingerprint) {
    throw new UserError(
      'mismatch',
      'this reference belongs to another model: measure one with measureReference',
    );
  }
  const usual = 'statistics' in source ? source : { draws: 1, seed: 0 };
  const { draws = usual.draws, seed = usual.seed, ranks, ...following } = options;
  const how = { draws, seed, ranks };
  const scoring = draws * set.count;
  const measuring = 'statistics' in source ? 0 : draws * referencePasses(source.count);
  const mapping = draws * Math.min(places, set.count);
  const part = (before: number) => partOfWork(following, { before, of: scoring + measuring + mapping });
  const measured = await measureStatistics(model, set, { ...how, ...part(0) });
  const reference =
    'statistics' in source ? source : await measureReference(model, source, '', { ...how, ...part(scoring) });
  const report = ranked(model, measured, reference, choice);
  if (mapping === 0) {
    return report;
  }
  const first = report.images.slice(0, places);
  const mapped = await placesIn(
    model,
    subset(
      set,
      first.map(({ index }) => index),
    ),
    reference.places,
    {
      ...how,
      ...part(scoring + measuring),
    },
  );
  const withPlaces = report.images.map((image, rank) =>
    rank < mapped.length ? { ...image, places: mapped[rank]! } : image,
  );
  return { ...report, images: withPlaces };
}

/** Checks before the work that a score can be computed. */
function requireNeeds(definition: ScoreDefinition, model: FlowModel, images: ImageSet): void {
  const { name, needs, from } = definition;
  const has = {
    classes: model.classes.length > 0,
    labels: model.classes.length > 0 && images.labels !== undefined,
  };
  if (needs !== undefined && !has[needs]) {
    throw lacking(definition);
  }
  const { kind } = ofBits(images, model.bits);
  if (from.includes('code') && kind !== 'uint8') {
    throw new UserError(
      'invalid-argument',
      `the score ${name} compares with a coder of 8-bit integers, but these images are ${kindInWords(kind)}: choose another score`,
    );
  }
}

function ranked(
  model: FlowModel,
  { statistics, bitsByDraw, classes: likelihoods }: MeasuredStatistics,
  reference: ReferenceScores,
  choice: PartChoice | undefined,
): ScoreReport {
  const expected = reference.statistics;
  const computable = computableFrom(statistics);
  const isEnough = expected.bits.length >= LEAST_REFERENCES && computable.includes(defaultScore);
  const chosen = partName(choice) ?? (isEnough ? defaultScore : 'bits');
  const compareWith = compareSources(statistics, expected);
  const columns = new Map<string, ScoreColumn>();
  const by = (name: string): ScoreColumn => {
    const definition = scores.find(name);
    if (!computable.includes(name)) {
      throw lacking(definition, Object.keys(statistics));
    }
    const column =
      columns.get(name) ??
      columnBy(
        fitted(name === chosen && choice !== undefined ? choice : name, expected),
        statistics,
        compareWith,
      );
    columns.set(name, column);
    return column;
  };
  const { values, pValues, odd, source } = by(chosen);
  const classes = likelihoods && scoredClasses(model, likelihoods);
  const images = imageScores(bitsByDraw, reference).map(
    (image, index): ScoredImage => ({
      index,
      ...image,
      score: values[index]!,
      pValue: pValues?.[index] ?? null,
      ...(classes && { classes: classes(index) }),
    }),
  );
  return {
    score: chosen,
    images: images.sort((a, b) => compare(b.score, a.score) || a.index - b.index),
    odd,
    source,
    scores: computable,
    by,
  };
}

function columnBy(
  { judge, reference }: ReturnType<typeof fitted>,
  statistics: MeasuredStatistics['statistics'],
  compareWith: ReturnType<typeof compareSources>,
): ScoreColumn {
  const { values, pValues }: JudgedImages = judge(statistics);
  const canCall = pValues !== undefined && reference!.length >= ENOUGH_TO_CALL;
  return {
    values,
    pValues: pValues ?? null,
    reference: reference ?? null,
    odd: canCall ? pValues.filter((pValue) => pValue <= ODD).length : null,
    source: compareWith(values, reference),
  };
}

/** Why a score that needs this cannot be computed, and what to do. */
const lacks = {
  classes: 'a model with classes: train one with model.classes',
  labels: 'a model with classes, and images with the labels of these classes',
};

function lacking({ name, needs, from }: ScoreDefinition, measured: readonly string[] = []): UserError {
  const missing = from.filter((statistic) => !measured.includes(statistic));
  const requirement = needs
    ? lacks[needs]
    : `the statistic '${missing[0]}', which these images lack; they have ${measured.join(', ')}`;
  return new UserError('invalid-argument', `the score ${name} needs ${requirement}`);
}

/** The classes that each image may be of. */
function scoredClasses(
  model: FlowModel,
  likelihoods: ClassLikelihoods,
): (image: number) => NonNullable<ScoredImage['classes']> {
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
