// Scores how odd images are: compares their bits/dim with validation images, at both extremes.
import type { ImageSet } from '../../data/contract/dataset.ts';
import { mean } from '../../numeric/statistics.ts';
import {
  type ClassLikelihoods,
  mostProbable,
  overClasses,
  posteriors,
} from '../../trained/model/classLikelihoods.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { MeasurementOptions } from '../../trained/model/flowModelOptions.ts';
import { type ImageScore, imageScores, type ReferenceScores } from '../../trained/model/referenceScores.ts';
import { inBitsPerDim } from '../../trained/model/scoring.ts';
import { partOfWork } from '../../trained/model/workOptions.ts';
import { summarise } from './evaluate.ts';

/** How odd one image is. */
export interface Score extends ImageScore {
  /** Its position among the images. */
  readonly index: number;
  /** |percentile − 50|/50: 0 in the middle of the reference images, 1 beyond all of them on one side. */
  readonly oddness: number;
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

/**
 * Scores images against reference images, measured in the same way; the oddest come first.
 *
 * A flow assigns simple images of another kind a higher likelihood than its own, so an image is odd at either
 * end: if hardly any reference image has a lower bits/dim, or hardly any a higher one. Images beyond all of
 * them are ordered by how far their bits/dim lies from the median. The noise of an image depends on the seed
 * and on the image, so that its score does not depend on the others.
 *
 * @param reference the images, or what was measured of them
 */
export async function score(
  model: FlowModel,
  images: ImageSet,
  reference: ImageSet | ReferenceScores,
  { draws = 1, seed = 0, ranks, ...following }: MeasurementOptions = {},
): Promise<Score[]> {
  const isMeasured = 'bitsPerDim' in reference;
  const [own, others] = [draws * images.count, isMeasured ? 0 : draws * reference.count];
  const first = partOfWork(following, { before: 0, of: own + others });
  const how = { draws, seed, ranks, noiseByContent: true, ...first };
  const likelihoods =
    model.classes.length > 0 && images.count > 0 ? await model.classLikelihoods(images, how) : undefined;
  const measured = likelihoods
    ? inBitsPerDim(model.model, overClasses(likelihoods))
    : await model.bitsPerDimByDraw(images, how);
  const classesOf = likelihoods && scoredClasses(model, likelihoods);
  const ranked = (sorted: Float64Array): Score[] =>
    rank(measured, sorted).map((one) => (classesOf ? { ...one, classes: classesOf(one.index) } : one));
  if (isMeasured) {
    return ranked(Float64Array.from(reference.bitsPerDim));
  }
  const { bitsPerDim } = await measureReference(model, reference, '', {
    draws,
    seed,
    ranks,
    ...partOfWork(following, { before: own, of: own + others }),
  });
  return ranked(Float64Array.from(bitsPerDim));
}

/** The classes that each image may be of. */
function scoredClasses(model: FlowModel, likelihoods: ClassLikelihoods): (image: number) => ScoredClasses {
  const found = posteriors(likelihoods);
  const { classes } = model;
  const byClass = inBitsPerDim(model.model, likelihoods.draws);
  const named = (of: (number: number) => number): Record<string, number> =>
    Object.fromEntries(classes.map((name, number) => [name, of(number)]));
  return (image) => {
    const own = found[image]!;
    const number = mostProbable(own);
    return {
      class: classes[number]!,
      probability: own[number]!,
      probabilities: named((each) => own[each]!),
      bitsPerDim: named((each) => mean(byClass.map((draw) => draw[image * classes.length + each]!))),
    };
  };
}

/**
 * Measures reference images, to score others against them later.
 *
 * @param data the name of the dataset
 */
export async function measureReference(
  model: FlowModel,
  images: ImageSet,
  data: string,
  { draws = 4, seed = 0, ...following }: MeasurementOptions = {},
): Promise<ReferenceScores> {
  const how = { ...following, draws, seed, noiseByContent: true };
  const { perImage } = summarise(await model.bitsPerDimByDraw(images, how));
  return { data, draws, seed, fingerprint: model.fingerprint, bitsPerDim: Array.from(perImage.toSorted()) };
}

/** The scores of draws of bits/dim relative to the bits/dim of reference images. */
export function rank(draws: readonly Float64Array[], reference: Float64Array): Score[] {
  const sorted = reference.toSorted();
  const { median } = summarise([reference]);
  const scores = imageScores(draws, sorted).map(
    (one, index): Score => ({ index, ...one, oddness: Math.abs(one.percentile - 50) / 50 }),
  );
  const distance = ({ bitsPerDim: value }: Score): number =>
    Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value - median);
  return scores.sort(
    (a, b) => b.oddness - a.oddness || compare(distance(b), distance(a)) || a.index - b.index,
  );
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
