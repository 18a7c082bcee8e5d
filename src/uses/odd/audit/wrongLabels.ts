// Labels that are likely wrong: another class suits the image much better.
import { RandomStream } from '../../../core/numeric/index.ts';
import { countBelow } from '../../../model/referenceScores.ts';

/** How well classes suit an image, in any unit: higher is better, −∞ is unknown. */
export interface ClassEvidence {
  readonly classes: number;
  /** [images, classes]. */
  readonly values: ArrayLike<number>;
}

/** An image whose label another class beats. */
interface DoubtfulLabel {
  /** The position of the image. */
  readonly image: number;
  /** By how much the other class suits it better. */
  readonly margin: number;
  /** The class that suits it best. */
  readonly suggested: number;
}

/** What was found about labels. */
export interface LabelFindings {
  /** The images that another class suits better, the most doubtful label first. */
  readonly doubtful: readonly DoubtfulLabel[];
  /** How many images could be judged: classes with too few images are left out. */
  readonly judged: number;
  /** How many labels may be wrong; undefined unless two classes have `LARGE_CLASS` images. */
  readonly estimate: WrongLabelEstimate | undefined;
}

/** How many labels of the images of large classes may be as wrong as random ones. */
export interface WrongLabelEstimate {
  /** The number of these images. */
  readonly of: number;
  /** At most about so many; confusions of similar classes are not counted. */
  readonly most: number;
}

/** In smaller classes, planted labels say too little about wrong ones. */
export const LARGE_CLASS = 20;

/** An estimate from a smaller share of planted labels would rest on too few. */
const LEAST_SHARE = 0.1;

/**
 * Ranks images by the margin of the best other class over their label. To say what that means, every image of a large class is
 * given the label of a random other one: the share of these planted labels with a margin above m estimates how many random labels
 * have one. If w labels are random, about w times that share of images have a margin above m, and right labels add to them, the
 * fewer the higher m. So w is at most the least ratio of both over m (a bound on the proportion of a mixture, Blanchard, Lee and
 * Scott 2010), here with upper limits of the number of images. Wrong labels of ambiguous images have smaller margins.
 */
export function doubtfulLabels(labels: ArrayLike<number>, { classes, values }: ClassEvidence): LabelFindings {
  const judged = Array.from({ length: labels.length }, (_, image) => image).flatMap((image) => {
    const evidence = Array.from({ length: classes }, (_, number) => values[image * classes + number]!);
    const knownClasses = evidence.flatMap((value, number) => (Number.isFinite(value) ? [number] : []));
    const label = labels[image]!;
    return knownClasses.length >= 2 && knownClasses.includes(label)
      ? [{ image, label, known: knownClasses, evidence }]
      : [];
  });
  const sizes = new Map<number, number>();
  for (const { label } of judged) {
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  const isLarge = (label: number): boolean => (sizes.get(label) ?? 0) >= LARGE_CLASS;
  const random = new RandomStream(0, 'labels');
  const doubtful: DoubtfulLabel[] = [];
  // The margins of images of large classes, and under planted labels.
  const labelMargins: number[] = [];
  const planted: number[] = [];
  for (const { image, label, known: knownClasses, evidence } of judged) {
    const labelMargin = (assigned: number): { best: number; margin: number } => {
      const best = knownClasses.reduce(
        (candidate, number) =>
          number !== assigned && (candidate === assigned || evidence[number]! > evidence[candidate]!)
            ? number
            : candidate,
        assigned,
      );
      return { best, margin: evidence[best]! - evidence[assigned]! };
    };
    const { best, margin } = labelMargin(label);
    doubtful.push({ image, margin, suggested: best });
    const others = isLarge(label) ? knownClasses.filter((number) => number !== label && isLarge(number)) : [];
    if (others.length > 0) {
      labelMargins.push(margin);
      planted.push(labelMargin(others[random.integer(others.length)]!).margin);
    }
  }
  return {
    doubtful: doubtful
      .filter(({ margin }) => margin > 0)
      .sort((a, b) => b.margin - a.margin || a.image - b.image),
    judged: doubtful.length,
    estimate:
      planted.length === 0 ? undefined : { of: planted.length, most: mostRandom(labelMargins, planted) },
  };
}

/** The most images with random labels. */
function mostRandom(margins: readonly number[], planted: readonly number[]): number {
  const [sortedMargins, sortedPlanted] = [margins, planted].map((values) => Float64Array.from(values).sort());
  const { length } = planted;
  let limit = length;
  for (let rank = Math.ceil(LEAST_SHARE * length); rank <= length; rank++) {
    const above = length - countBelow(sortedMargins!, sortedPlanted![length - rank]!);
    limit = Math.min(limit, (upperLimit(above) * length) / rank);
  }
  return limit;
}

/** The upper limit of the mean of a Poisson variable with this value, at 95 % confidence (Gehrels 1986, equation 10). */
function upperLimit(count: number): number {
  const sigmas = 1.645;
  return count + sigmas * Math.sqrt(count + 0.75) + (sigmas ** 2 + 3) / 4;
}
