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
  /** An estimate of the number of wrong labels in all. */
  readonly wrong: number;
  /** How many of the first `count` doubtful labels one should expect to be right. */
  expectedRight(count: number): number;
}

/** An estimate from a smaller share of planted labels would rest on too few. */
const LEAST_SHARE = 0.1;

/**
 * Ranks images by the margin of the best other class over their label. To say what that means, every image is given a random
 * other label: the share of these planted labels with a margin above m estimates how many wrong labels have one. If w labels
 * are wrong, at least w times that share of images have a margin above m, and right labels add to them, the fewer the higher
 * m. So w is at most the least ratio of both over m, which is taken as its estimate, with a standard error for the number of images
 * (a bound on the proportion of a mixture, Blanchard, Lee and Scott 2010).
 */
export function doubtfulLabels(labels: ArrayLike<number>, { classes, values }: ClassEvidence): LabelFindings {
  const random = new RandomStream(0, 'labels');
  const found: DoubtfulLabel[] = [];
  const planted: number[] = [];
  for (let image = 0; image < labels.length; image++) {
    const evidence = Array.from({ length: classes }, (_, number) => values[image * classes + number]!);
    const known = evidence.flatMap((value, number) => (Number.isFinite(value) ? [number] : []));
    const label = labels[image]!;
    if (known.length < 2 || !known.includes(label)) {
      continue;
    }
    const others = known.filter((number) => number !== label);
    const marginOf = (own: number): { best: number; margin: number } => {
      const best = known.reduce(
        (one, number) =>
          number !== own && (one === own || evidence[number]! > evidence[one]!) ? number : one,
        own,
      );
      return { best, margin: evidence[best]! - evidence[own]! };
    };
    const { best, margin } = marginOf(label);
    found.push({ image, margin, suggested: best });
    planted.push(marginOf(others[random.integer(others.length)]!).margin);
  }
  found.sort((a, b) => b.margin - a.margin || a.image - b.image);
  planted.sort((a, b) => b - a);
  const atLeast = (least: number): number => countAtLeast(planted, least) / planted.length;
  let wrong = found.length;
  for (let place = Math.ceil(LEAST_SHARE * planted.length); place <= planted.length; place++) {
    const least = planted[place - 1]!;
    const above = countAtLeast(found, least, ({ margin }) => margin);
    wrong = Math.min(wrong, ((above + Math.sqrt(above)) * planted.length) / place);
  }
  return {
    doubtful: found.filter(({ margin }) => margin > 0),
    judged: found.length,
    wrong: planted.length === 0 ? 0 : wrong,
    expectedRight(count) {
      const last = found[count - 1];
      return last === undefined ? 0 : Math.max(0, count - wrong * atLeast(last.margin));
    },
  };
}

/** How many of the values, sorted in descending order, are at least as large. */
function countAtLeast<Item>(
  sorted: readonly Item[],
  least: number,
  numberOf: (item: Item) => number = Number,
): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numberOf(sorted[middle]!) >= least) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
