// Compares the values of a score with its values for reference images that it wasn't fitted to.
import { UserError } from '../../core/errors.ts';
import type { PartChoice } from '../../core/parts/index.ts';
import { countBelow, type ImageStatistics } from '../../model/referenceScores.ts';
import { contents } from './copies.ts';
import { divideFolds, type ScoreDefinition, scores } from './scores/index.ts';

/** Scores of images, compared with reference images. */
export interface JudgedImages {
  /** Not finite becomes infinite, the oddest of all. */
  readonly values: Float64Array;
  /**
   * The share of reference images that are at least as odd, the image itself counted among them: uniform for images from the
   * same source, and never below 1 / (reference images + 1). Undefined if the reference lacks statistics that the score needs.
   */
  readonly pValues: Float64Array | undefined;
}

/** A score, fitted to reference images. */
export interface FittedScore {
  /** Scores images; copies of reference images are scored by a fit without these, and compared with the others. */
  judge(images: ImageStatistics): JudgedImages;
  /**
   * The scores of the reference images, ascending, each by a fit without that image and its copies, so that they compare with
   * the scores of new images. Undefined if the reference lacks statistics that the score needs.
   */
  readonly reference: Float64Array | undefined;
}

/** Fits a score to reference images. */
export function fitted(choice: PartChoice, reference: ImageStatistics): FittedScore {
  const { definition, options } = scores.resolve(choice);
  const fitTo = checkedFit(definition, options);
  const fit = fitTo(reference);
  if (!definition.from.every((name) => reference[name] !== undefined)) {
    return { judge: (images) => ({ values: fit(images), pValues: undefined }), reference: undefined };
  }
  const { copiesAmong, groups } = contents(reference);
  const folds = fitFolds(fitTo, reference, groups);
  const expected = new Float64Array(groups.length);
  for (const { inside, fit: fitWithout } of folds) {
    fitWithout(statisticsAt(reference, inside)).forEach((value, position) => {
      expected[inside[position]!] = value;
    });
  }
  const sorted = expected.toSorted();
  return {
    judge(images) {
      const copies = copiesAmong(images);
      const values = fit(images);
      for (const { inside, fit: fitWithout } of folds) {
        const members = new Set(inside);
        const copied = [...copies.keys()].filter((image) => members.has(copies[image]![0]!));
        // By their own statistics: a copy may have another label or condition than the reference image.
        (copied.length > 0 ? fitWithout(statisticsAt(images, copied)) : []).forEach((value, position) => {
          values[copied[position]!] = value;
        });
      }
      const pValues = values.map((value, image) => {
        const itself = copies[image]!.filter((copy) => expected[copy]! >= value).length;
        const asOdd = sorted.length - countBelow(sorted, value) - itself;
        return (asOdd + 1) / (sorted.length - copies[image]!.length + 1);
      });
      return { values, pValues };
    },
    reference: sorted,
  };
}

const FOLDS = 10;

/** Some reference images, and a fit to the others. */
interface FittedFold {
  readonly inside: readonly number[];
  readonly fit: ReturnType<CheckedFit>;
}

function fitFolds(fitTo: CheckedFit, reference: ImageStatistics, groups: readonly number[]): FittedFold[] {
  const folds = divideFolds(groups.length, FOLDS, groups);
  return folds.map(({ inside, outside }) => ({
    inside,
    fit: fitTo(folds.length === 1 ? reference : statisticsAt(reference, outside)),
  }));
}

/** The statistics of the images at these places. */
export function statisticsAt(images: ImageStatistics, places: readonly number[]): ImageStatistics {
  return Object.fromEntries(
    Object.entries(images).map(([name, values]) => [
      name,
      Float64Array.from(places, (index) => values[index]!),
    ]),
  );
}

type CheckedFit = (reference: ImageStatistics) => (images: ImageStatistics) => Float64Array;

/** A score whose values are one number for each image; NaN is infinite: what a model cannot compute is the oddest of all. */
function checkedFit(
  { name, build }: ScoreDefinition,
  options: Parameters<ScoreDefinition['build']>[0],
): CheckedFit {
  const fitTo = build(options);
  return (reference) => {
    const fit = fitTo(reference);
    return (images) => {
      const { length } = Object.values(images)[0]!;
      const values = fit(images);
      if (values?.length !== length) {
        throw new UserError(
          'invalid-argument',
          `the score ${name} must return one number for each of ${length} images: correct its build`,
        );
      }
      return Float64Array.from(values, (value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value));
    };
  };
}
