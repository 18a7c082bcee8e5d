// Compares the variants of a study with its baseline, at equal steps and at equal time, over the seeds that both have.
import {
  holm,
  mean,
  overSeeds,
  pairedDifferences,
  type SeedMean,
  studentTest,
} from '../../core/numeric/index.ts';
import type { CurvePoint } from '../reports/curvePlot.ts';
import type { TriedRate } from './rateSearch.ts';
import type { SamplingTime } from './times.ts';

/** One training of a variant. */
interface SeedResult {
  /** Of the training. */
  readonly seed: number;
  /** The mean over test images; null if it failed. */
  readonly value: number | null;
  /** On validation images, when the fastest variant of the dataset was done; null if nothing was measured so early. */
  readonly atEqualTime: number | null;
  /** On validation images at each milestone, with the average weights. */
  readonly curve: readonly CurveValue[];
  /** Steps that training dropped because the loss or the gradient was far outside the usual range. */
  readonly droppedSteps: number;
  /** How often training went back to earlier weights. */
  readonly rollbacks: number;
  /** Where it was trained, on which rounding depends: `cpu, threads 2, workers 1`. */
  readonly place?: string;
  /** Why it could not be trained or measured. */
  readonly failure?: string;
}

/** A point of a validation curve. */
interface CurveValue {
  /** The steps done. */
  readonly step: number;
  /** The mean over validation images. */
  readonly value: number;
}

/** A difference to the baseline, negative if the variant is better, over the seeds that both have. */
export interface Difference extends SeedMean {
  /** The difference of each of these seeds. */
  readonly values: readonly number[];
  /** Of Student's t test over seeds that it is 0; null for one seed. */
  readonly p: number | null;
  /** The same after Holm's correction for all differences of the study, at equal steps and at equal time. */
  readonly pHolm: number | null;
}

/** A difference on validation images during training. */
interface DifferencePoint extends SeedMean {
  /** The steps done. */
  readonly step: number;
}

/** A variant on a dataset. */
export interface VariantResult {
  /** Its name. */
  readonly variant: string;
  /** The number of its parameters, without masked ones. */
  readonly parameters: number;
  /** Of its trainings; null if training diverged at every rate. */
  readonly learningRate: number | null;
  /** The rates that were searched; empty if they weren't. */
  readonly tried: readonly TriedRate[];
  /**
   * The time of a step, alternating with the other variants: the median of the first, times the median ratio to it; null if
   * no seed was trained.
   */
  readonly secondsPerStep: number | null;
  /** The time to sample an image; null if it failed. */
  readonly sampling: SamplingTime | null;
  /** Its trainings, in the order of the study's seeds. */
  readonly seeds: readonly SeedResult[];
  /** On test images after all steps; null if every seed failed. */
  readonly equalSteps: SeedMean | null;
  /** On validation images when the fastest variant was done; null if the curve of a seed begins later. */
  readonly equalTime: SeedMean | null;
  /** To the baseline, on test images after all steps; null for itself. */
  readonly differenceAtEqualSteps: Difference | null;
  /** To the baseline, on validation images when the fastest variant was done. */
  readonly differenceAtEqualTime: Difference | null;
  /** To the baseline, on validation images at each milestone where all are finite; empty for itself. */
  readonly differenceCurve: readonly DifferencePoint[];
}

/** The variants of a study on one dataset. */
export interface DatasetResult {
  /** Its name in tables and folders. */
  readonly dataset: string;
  /** The name or path that opened it. */
  readonly source: string;
  /** The split measured at the end: `validation` without test images. */
  readonly split: 'test' | 'validation';
  /** The number of images that are measured. */
  readonly images: number;
  /** Of every training. */
  readonly steps: number;
  /** Of each training that tries a learning rate. */
  readonly searchSteps: number;
  /** The time of all steps of the fastest variant; null if no step was timed. */
  readonly equalSeconds: number | null;
  /** The baseline first. */
  readonly variants: readonly VariantResult[];
}

/** A measured variant. */
export interface MeasuredVariant
  extends Pick<
    VariantResult,
    'variant' | 'parameters' | 'learningRate' | 'tried' | 'secondsPerStep' | 'sampling'
  > {
  readonly seeds: readonly MeasuredSeed[];
}

/** A measured training. */
export interface MeasuredSeed
  extends Pick<SeedResult, 'seed' | 'droppedSteps' | 'rollbacks' | 'place' | 'failure'> {
  /** Of each test image; undefined if it failed. */
  readonly perImage?: readonly number[];
  readonly curve: readonly CurvePoint[];
}

/** A measured dataset. */
export interface MeasuredDataset extends Omit<DatasetResult, 'equalSeconds' | 'variants'> {
  readonly variants: readonly MeasuredVariant[];
}

/** Compares the variants of each dataset with its first, and corrects all tests together. */
export function compareVariants(datasets: readonly MeasuredDataset[]): DatasetResult[] {
  const compared = datasets.map(compareOnDataset);
  const differences = listDifferences(compared);
  const corrected = holm(differences.map(({ p }) => p));
  const withHolm = (difference: Difference | null): Difference | null =>
    difference && { ...difference, pHolm: corrected[differences.indexOf(difference)]! };
  return compared.map((dataset) => ({
    ...dataset,
    variants: dataset.variants.map((variant) => ({
      ...variant,
      differenceAtEqualSteps: withHolm(variant.differenceAtEqualSteps),
      differenceAtEqualTime: withHolm(variant.differenceAtEqualTime),
    })),
  }));
}

/** All differences between variants and their baselines. */
export function listDifferences(datasets: readonly DatasetResult[]): Difference[] {
  return datasets
    .flatMap(({ variants }) => variants)
    .flatMap(({ differenceAtEqualSteps, differenceAtEqualTime }) => [
      differenceAtEqualSteps,
      differenceAtEqualTime,
    ])
    .filter((difference) => difference !== null);
}

function compareOnDataset({ variants, ...dataset }: MeasuredDataset): DatasetResult {
  const stepSeconds = variants.flatMap(({ secondsPerStep }) => secondsPerStep ?? []);
  const equalSeconds = stepSeconds.length === 0 ? null : dataset.steps * Math.min(...stepSeconds);
  const resultsOfSeeds = ({ seeds, secondsPerStep }: MeasuredVariant): SeedResult[] =>
    seeds.map(({ perImage, curve, ...seed }) => ({
      ...seed,
      value: perImage ? mean(perImage) : null,
      atEqualTime:
        perImage && equalSeconds !== null && secondsPerStep !== null
          ? valueAtStep(curve, equalSeconds / secondsPerStep)
          : null,
      curve: curve.map(({ step, bitsPerDim }) => ({ step, value: bitsPerDim })),
    }));
  const [first] = variants as [MeasuredVariant];
  const baseline = resultsOfSeeds(first);
  return {
    ...dataset,
    equalSeconds,
    variants: variants.map((variant) => {
      const seeds = resultsOfSeeds(variant);
      const measured = variant.seeds.flatMap(({ perImage }) => (perImage ? [perImage] : []));
      const atEqualTime = seeds.flatMap((seed) => (seed.value === null ? [] : [seed.atEqualTime]));
      const pairs = seeds.flatMap((seed, index) => {
        const [images, baseImages] = [variant.seeds[index]!.perImage, first.seeds[index]!.perImage];
        const isPair = variant !== first && images && baseImages;
        return isPair ? [{ seed, base: baseline[index]!, images, baseImages }] : [];
      });
      const timed = pairs.flatMap(({ seed, base }) =>
        seed.atEqualTime === null || base.atEqualTime === null
          ? []
          : [{ value: [seed.atEqualTime], base: [base.atEqualTime] }],
      );
      return {
        ...variant,
        seeds,
        equalSteps: measured.length === 0 ? null : overSeeds(measured),
        equalTime: atEqualTime.includes(null) ? null : meanOrNull(atEqualTime as number[]),
        differenceAtEqualSteps: differenceBetween(
          pairs.map(({ images, baseImages }) => ({ value: images, base: baseImages })),
        ),
        // Without the seeds whose curves begin later, others would be favoured.
        differenceAtEqualTime: timed.length < pairs.length ? null : differenceBetween(timed),
        differenceCurve: (pairs[0]?.seed.curve ?? [])
          .map(({ step }, point) => ({
            step,
            ...overSeeds(
              pairs.map(({ seed, base }) => [seed.curve[point]!.value - base.curve[point]!.value]),
            ),
          }))
          .filter(({ mean }) => Number.isFinite(mean)),
      };
    }),
  };
}

function meanOrNull(values: readonly number[]): SeedMean | null {
  return values.length === 0 ? null : overSeeds(values.map((value) => [value]));
}

/** The difference over seeds, of each the values of the same images; null without seeds. */
function differenceBetween(
  pairs: readonly { readonly value: readonly number[]; readonly base: readonly number[] }[],
): Difference | null {
  if (pairs.length === 0) {
    return null;
  }
  const differences = pairedDifferences(
    pairs.map(({ value }) => value),
    pairs.map(({ base }) => base),
  );
  const summary = overSeeds(differences);
  return {
    ...summary,
    values: differences.map((each) => mean(each)),
    p: studentTest(summary),
    pHolm: null,
  };
}

/**
 * The value of a validation curve at a step, linear in the logarithm of the step between two points; null before the first
 * and after the last, where nothing was measured, and where a value is not finite.
 */
export function valueAtStep(curve: readonly CurvePoint[], step: number): number | null {
  const value = interpolated(curve, step);
  return Number.isFinite(value) ? value : null;
}

function interpolated(curve: readonly CurvePoint[], step: number): number | null {
  // The fastest variant ends at its last step up to rounding.
  const slack = 1e-9 * step;
  const after = curve.findIndex((point) => point.step >= step - slack);
  const [above, below] = [curve[after], curve[after - 1]];
  if (above === undefined) {
    return null;
  }
  if (above.step <= step + slack) {
    return above.bitsPerDim;
  }
  if (below === undefined) {
    return null;
  }
  const share = Math.log(step / below.step) / Math.log(above.step / below.step);
  return below.bitsPerDim + share * (above.bitsPerDim - below.bitsPerDim);
}
