// The figures of a benchmark from its times: medians over the rounds, and their ranges.
import { median, rangeOf } from '../numeric/statistics.ts';
import type { SamplingTimes } from './timeSampling.ts';
import type { TrainingTimes } from './timeTraining.ts';

/** The minimum and maximum over the rounds. */
type Range = readonly [least: number, most: number];

/** How fast one mixing trains. */
export interface TrainingFigures extends Omit<TrainingTimes, 'steps' | 'forwards' | 'productFloor'> {
  /** Of full steps. */
  readonly imagesPerSecond: number;
  readonly imagesPerSecondRange: Range;
  readonly forwardImagesPerSecond: number;
  readonly forwardImagesPerSecondRange: Range;
  /** The share of a step that its matrix products alone would take; null if they were not timed. */
  readonly productShare: number | null;
}

/** How fast one mixing is sampled with one inverse. */
export interface SamplingFigures extends Omit<SamplingTimes, 'forwards' | 'samples'> {
  readonly forwardSeconds: number;
  readonly forwardSecondsRange: Range;
  readonly sampleSeconds: number;
  readonly sampleSecondsRange: Range;
  readonly sampleMillisecondsPerImage: number;
  /** The time of a sample relative to that of the first contender: the median of the per-round ratios. */
  readonly againstFirst: number;
  /** The same relative to the contender's own forward pass. */
  readonly againstForward: number;
}

/** Images per second, from the seconds for a number of images. */
export function imagesPerSecond(
  images: number,
  seconds: readonly number[],
): { readonly median: number; readonly range: Range } {
  const [least, most] = rangeOf(seconds);
  return { median: images / median(seconds), range: [images / most, images / least] };
}

/** The figures of training steps and forward passes of a number of images. */
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

/** The figures of samples and forward passes of a number of images, relative to the first contender. */
export function samplingFigures(
  { forwards, samples, ...about }: SamplingTimes,
  first: SamplingTimes,
  images: number,
): SamplingFigures {
  // Round by round: what slows a round slows all its measurements.
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
