// The figures of a bench, out of what was timed: medians over the rounds, and how far these lie apart.
import { median, rangeOf } from '../numeric/statistics.ts';
import type { SamplingTimes } from './timeSampling.ts';
import type { TrainingTimes } from './timeTraining.ts';

/** The least and the largest over the rounds. */
type Range = readonly [least: number, most: number];

/** How fast one mixing trains. */
export interface TrainingFigures extends Omit<TrainingTimes, 'steps' | 'forwards' | 'productFloor'> {
  /** Of full steps. */
  readonly imagesPerSecond: number;
  readonly imagesPerSecondRange: Range;
  readonly forwardImagesPerSecond: number;
  readonly forwardImagesPerSecondRange: Range;
  /** The share of a step that its matrix products alone would take; null where they were not timed. */
  readonly productShare: number | null;
}

/** How fast one mixing is sampled by one inverse. */
export interface SamplingFigures extends Omit<SamplingTimes, 'forwards' | 'samples'> {
  readonly forwardSeconds: number;
  readonly forwardSecondsRange: Range;
  readonly sampleSeconds: number;
  readonly sampleSecondsRange: Range;
  readonly sampleMillisecondsPerImage: number;
  /** The time of a sample over that of the first contender, the median of the ratios of each round. */
  readonly againstFirst: number;
  /** The same over the contender's own forward pass. */
  readonly againstForward: number;
}

/** Images in a second, from the seconds that so many images take. */
export function imagesPerSecond(
  images: number,
  seconds: readonly number[],
): { readonly median: number; readonly range: Range } {
  const [least, most] = rangeOf(seconds);
  return { median: images / median(seconds), range: [images / most, images / least] };
}

/** The figures of training steps and forward passes of so many images. */
export function trainingFigures(
  { steps, forwards, productFloor, ...about }: TrainingTimes,
  images: number,
): TrainingFigures {
  const [training, forward] = [imagesPerSecond(images, steps), imagesPerSecond(images, forwards)];
  return {
    ...about,
    imagesPerSecond: training.median,
    imagesPerSecondRange: training.range,
    forwardImagesPerSecond: forward.median,
    forwardImagesPerSecondRange: forward.range,
    productShare: productFloor === null ? null : productFloor / median(steps),
  };
}

/** The figures of samples and forward passes of so many images, beside those of the first contender. */
export function samplingFigures(
  { forwards, samples, ...about }: SamplingTimes,
  first: SamplingTimes,
  images: number,
): SamplingFigures {
  // Round by round: what slows a round slows all of it.
  const against = (others: readonly number[]): number =>
    median(samples.map((seconds, round) => seconds / others[round]!));
  return {
    ...about,
    forwardSeconds: median(forwards),
    forwardSecondsRange: rangeOf(forwards),
    sampleSeconds: median(samples),
    sampleSecondsRange: rangeOf(samples),
    sampleMillisecondsPerImage: (1000 * median(samples)) / images,
    againstFirst: against(first.samples),
    againstForward: against(forwards),
  };
}
