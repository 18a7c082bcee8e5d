// Whether a set of images comes from the source of the reference images, and if not, how it differs.
import { mean, RandomStream } from '../../core/numeric/index.ts';
import type { ImageStatistics } from '../../model/referenceScores.ts';
import { statisticsAt } from './calibrate.ts';
import { kolmogorovSmirnov } from './kolmogorovSmirnov.ts';
import { type PixelStatisticName, pixelStatistics } from './statistics/pixelStatistics.ts';

/** The share of sets from the same source that are taken for others. */
export const FALSE_ALARMS = 0.01;

/** Fewer images than this are not compared. */
const FEWEST = 10;

/** Bootstrap samples, enough for p-values far below the rate of false alarms divided by the number of tests. */
const SAMPLES = 2000;

/** Of more images, this many are compared, at even distances: differences that need more do not matter. */
const MOST = 2000;

/** A set of images compared with the source of the reference images. */
export interface SourceComparison {
  /** Whether nothing speaks against the same source. */
  readonly same: boolean;
  /** The smallest p-value of all tests times their number (Bonferroni), at most 1. */
  readonly pValue: number;
  /** The false alarm rate used to decide `same`. */
  readonly falseAlarms: number;
  /** What differs in the pixels, the clearest first: `darker`, `noisier`, … */
  readonly shifts: readonly {
    /** The statistic that differs. */
    readonly statistic: string;
    /** In words. */
    readonly text: string;
    /** The p-value, corrected for the number of tests. */
    readonly pValue: number;
  }[];
}

/**
 * Compares a set of images with the reference: the mean of bits/dim by a bootstrap of both sets (Nalisnick and others 2019), and the
 * chosen score and every pixel statistic by the test of Kolmogorov and Smirnov. The result is a function of the chosen scores of
 * both: undefined for fewer than 10 images of either; bits/dim that are not finite speak against the same source.
 */
export function compareSources(
  statistics: ImageStatistics,
  reference: ImageStatistics,
): (values?: Float64Array, expected?: Float64Array) => SourceComparison | undefined {
  const count = statistics.bits!.length;
  if (Math.min(count, reference.bits!.length) < FEWEST) {
    return () => undefined;
  }
  const places = Array.from({ length: Math.min(MOST, count) }, (_, index) =>
    Math.floor((index * count) / Math.min(MOST, count)),
  );
  const images = statisticsAt(statistics, places);
  const names = (Object.keys(pixelStatistics) as PixelStatisticName[]).filter(
    (name) => images[name] && reference[name],
  );
  const ofPixels = names.map((statistic) => ({
    statistic,
    p: kolmogorovSmirnov(images[statistic]!, reference[statistic]!),
  }));
  const ofBits = bootstrapOfMean(images.bits!, reference.bits!);
  return (values, expected) => {
    const pValues = [
      ofBits,
      ...(values && expected
        ? [
            kolmogorovSmirnov(
              places.map((position) => values[position]!),
              expected,
            ),
          ]
        : []),
      ...ofPixels.map(({ p }) => p),
    ];
    const corrected = (p: number): number => Math.min(1, p * pValues.length);
    const pValue = corrected(Math.min(...pValues));
    const shifts = ofPixels
      .filter(({ p }) => corrected(p) <= FALSE_ALARMS)
      .sort((a, b) => a.p - b.p)
      .map(({ statistic, p }) => {
        const { more, less } = pixelStatistics[statistic];
        const isMore = mean(images[statistic]!) > mean(reference[statistic]!);
        return { statistic, text: isMore ? more : less, pValue: corrected(p) };
      });
    return { same: pValue > FALSE_ALARMS, pValue, falseAlarms: FALSE_ALARMS, shifts };
  };
}

/** The p-value of a difference between means: the share of pairs of sets drawn from the reference that differ as much. */
function bootstrapOfMean(values: ArrayLike<number>, reference: ArrayLike<number>): number {
  const difference = Math.abs(mean(values) - mean(reference));
  const random = new RandomStream(0, 'bootstrap');
  const drawnMean = (count: number): number => {
    let total = 0;
    for (let draw = 0; draw < count; draw++) {
      total += reference[random.integer(reference.length)]!;
    }
    return total / count;
  };
  let asLarge = 1;
  for (let sample = 0; sample < SAMPLES; sample++) {
    if (Math.abs(drawnMean(values.length) - drawnMean(reference.length)) >= difference) {
      asLarge++;
    }
  }
  return asLarge / (SAMPLES + 1);
}
