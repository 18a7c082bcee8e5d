// Labels that are likely wrong: another class suits the image much better.
import { RandomStream } from '../../numeric/random.ts';

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
  /** How many images could be judged: those of classes with too few others cannot. */
  readonly judged: number;
  /** How many labels may be wrong; undefined unless two classes have `LARGE_CLASS` images. */
  readonly estimate: WrongLabelEstimate | undefined;
}

/** How many labels may be wrong among the images of large classes. */
export interface WrongLabelEstimate {
  /** The number of these images. */
  readonly of: number;
  /** At most about so many of their labels are wrong, at 95 % confidence. */
  readonly most: number;
  /** How many of the first `count` doubtful labels are of these images, and at least how many of those one should expect to be right. */
  among(count: number): { readonly of: number; readonly right: number };
}

/** In smaller classes, planted labels say too little about wrong ones. */
export const LARGE_CLASS = 20;

/** An estimate from a smaller share of planted labels would rest on too few. */
const LEAST_SHARE = 0.1;

/**
 * Ranks images by the margin of the best other class over their label. To say what that means, every image of a large class is
 * given the label of a random other one: the share of these planted labels with a margin above m estimates how many wrong labels
 * have one. If w labels are wrong, at least w times that share of images have a margin above m, and right labels add to them, the
 * fewer the higher m. So w is at most the least ratio of both over m (a bound on the proportion of a mixture, Blanchard, Lee and
 * Scott 2010), here with upper limits of the number of images (Gehrels 1986).
 */
export function doubtfulLabels(labels: ArrayLike<number>, { classes, values }: ClassEvidence): LabelFindings {
  const judged = Array.from({ length: labels.length }, (_, image) => image).flatMap((image) => {
    const evidence = Array.from({ length: classes }, (_, number) => values[image * classes + number]!);
    const known = evidence.flatMap((value, number) => (Number.isFinite(value) ? [number] : []));
    const label = labels[image]!;
    return known.length >= 2 && known.includes(label) ? [{ image, label, known, evidence }] : [];
  });
  const sizes = new Map<number, number>();
  for (const { label } of judged) {
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  const isLarge = (label: number): boolean => (sizes.get(label) ?? 0) >= LARGE_CLASS;
  const random = new RandomStream(0, 'labels');
  const found: (DoubtfulLabel & { readonly isOfLarge: boolean })[] = [];
  const planted: number[] = [];
  for (const { image, label, known, evidence } of judged) {
    const marginOf = (own: number): { best: number; margin: number } => {
      const best = known.reduce(
        (one, number) =>
          number !== own && (one === own || evidence[number]! > evidence[one]!) ? number : one,
        own,
      );
      return { best, margin: evidence[best]! - evidence[own]! };
    };
    const { best, margin } = marginOf(label);
    const others = isLarge(label) ? known.filter((number) => number !== label && isLarge(number)) : [];
    found.push({ image, margin, suggested: best, isOfLarge: others.length > 0 });
    if (others.length > 0) {
      planted.push(marginOf(others[random.integer(others.length)]!).margin);
    }
  }
  found.sort((a, b) => b.margin - a.margin || a.image - b.image);
  return {
    doubtful: found
      .filter(({ margin }) => margin > 0)
      .map(({ image, margin, suggested }) => ({ image, margin, suggested })),
    judged: found.length,
    estimate: planted.length === 0 ? undefined : estimateFrom(found, planted),
  };
}

/** @param found every judged image, the most doubtful first */
function estimateFrom(
  found: readonly { readonly margin: number; readonly isOfLarge: boolean }[],
  planted: readonly number[],
): WrongLabelEstimate {
  const margins = found.filter(({ isOfLarge }) => isOfLarge).map(({ margin }) => margin);
  const sorted = planted.toSorted((a, b) => b - a);
  const of = sorted.length;
  let [most, likely] = [of, of];
  for (let place = Math.ceil(LEAST_SHARE * of); place <= of; place++) {
    const above = countAtLeast(margins, sorted[place - 1]!);
    most = Math.min(most, (upperLimit(above) * of) / place);
    likely = Math.min(likely, ((above + Math.sqrt(above)) * of) / place);
  }
  return {
    of,
    most,
    among(count) {
      const listed = found.slice(0, count);
      const own = listed.filter(({ isOfLarge }) => isOfLarge).length;
      const share = own === 0 ? 0 : countAtLeast(sorted, margins[own - 1]!) / of;
      return { of: own, right: Math.max(0, own - likely * share) };
    },
  };
}

/** The upper limit of the mean of a Poisson variable with this value, at 95 % confidence (Gehrels 1986, equation 10). */
function upperLimit(count: number): number {
  const sigmas = 1.645;
  return count + sigmas * Math.sqrt(count + 0.75) + (sigmas ** 2 + 3) / 4;
}

/** How many of the values, sorted in descending order, are at least as large. */
function countAtLeast(sorted: readonly number[], least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! >= least) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
