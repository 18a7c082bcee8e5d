// The scores of odd images by name, for the command, the library, the studio and exports.
import { call, phrase, UserError } from '../../core/errors.ts';
import { mean, median } from '../../core/numeric/index.ts';
import { countBelow, type ImageStatistics } from '../../model/referenceScores.ts';
import {
  compression,
  coreRows,
  type DensityEstimator,
  divideFolds,
  gaussian,
  kernel,
  type Rows,
  robustKernel,
  rowsAt,
} from './densities.ts';
import type { PixelStatisticName } from './statistics/pixelStatistics.ts';

/** What a score needs in addition to bits/dim. */
export type ScoreNeed = 'classes' | 'labels';

/** A score. Higher is odder. */
export interface OddScore {
  /** What it is, in a few words. */
  readonly text: string;
  /** Whether it is in bits per value, the unit of results, and shown in the model's. */
  readonly isResult?: true;
  /** How far to trust it, in a sentence. */
  readonly trust: string;
  /** What it needs in addition to bits/dim. */
  readonly needs?: ScoreNeed;
  /** The statistics that it is computed from; it cannot be computed without them. */
  readonly from: readonly string[];
  /** Learns from reference images, and returns the function that scores others; NaN is the oddest of all. */
  fit(reference: ImageStatistics): (images: ImageStatistics) => Float64Array;
}

/** A score that is the difference of two statistics, which needs no fit. */
function difference(minuend: string, subtrahend: string): Pick<OddScore, 'from' | 'fit'> {
  return {
    from: [minuend, subtrahend],
    fit: () => (images) => {
      const subtracted = column(images, subtrahend);
      return Float64Array.from(column(images, minuend), (value, image) => value - subtracted[image]!);
    },
  };
}

/**
 * A statistic of each image.
 *
 * @throws UserError (`invalid-data`) if it is unknown, although a reference has it
 */
function column(images: ImageStatistics, name: string): ArrayLike<number> {
  const values = images[name];
  if (values === undefined) {
    throw new UserError(
      'invalid-data',
      phrase`the reference has statistics of another model ('${name}'): measure it again with ${call('measureReference')}`,
    );
  }
  return values;
}

/**
 * |percentile − 50|/50 among the reference images; beyond all of them, 1 plus the distance from their median, relative to
 * their mean distance. A flow gives simple images of another kind fewer bits than its own: both ends are odd.
 */
export const bits: OddScore = {
  text: 'bits/dim, odd at both ends',
  trust: 'Simple images of another kind may look typical.',
  from: ['bits'],
  fit(reference) {
    const sorted = Float64Array.from(column(reference, 'bits')).sort();
    const middle = median(sorted);
    const scale = mean(sorted.map((value) => Math.abs(value - middle))) || 1;
    return (images) =>
      Float64Array.from(column(images, 'bits'), (value) => {
        const oddness = percentileOddness((100 * countBelow(sorted, value)) / sorted.length);
        return oddness < 1 ? oddness : 1 + Math.abs(value - middle) / scale;
      });
  },
};

/** |percentile − 50|/50: 0 in the middle of the reference images, 1 beyond all of them on one side. */
export function percentileOddness(percentile: number): number {
  return Math.abs(percentile - 50) / 50;
}

/**
 * bits(x) − code(x), in bits/dim, with the code length of a coder that knows no images (`codeLength`): what is complex for
 * the model though simple in itself is odd (Serrà and others, ICLR 2020).
 */
const complexity: OddScore = {
  text: 'bits/dim minus those of a general lossless coder',
  isResult: true,
  trust: 'Noisy, blurred or compressed images look typical, or more than typical.',
  ...difference('bits', 'code'),
};

/** The estimators to choose from, and what is used instead of each. */
const estimators: readonly { readonly choose: DensityEstimator; readonly use: DensityEstimator }[] = [
  { choose: gaussian, use: gaussian },
  { choose: kernel, use: robustKernel },
];

/** Statistics of pixels that count on a log scale: their ratios matter, not their differences. */
const onLogScale: readonly string[] = [
  'contrast',
  'noise',
  'sharpness',
  'greyLevels',
  'colour',
] satisfies PixelStatisticName[];

const ofPixels: readonly string[] = [...onLogScale, 'direction' satisfies PixelStatisticName];

/**
 * −ln of two densities fitted to reference images, added (Morningstar and others, AISTATS 2021): of the vectors of the
 * log-density of the latents and ln|det| of each level, the code length of a general coder (of images of 8 bits) and six statistics
 * of the pixels, and of these with the brightness of each ninth. Where reference images share no layout, the ninths hide what else is
 * odd: hence the first density. Both tails count. The estimator that predicts held-out reference images best is used. The fits
 * are robust: a few odd images among the reference hardly change them.
 */
export const typicality: OddScore = {
  text: 'how improbable the densities per level, the complexity and simple statistics of the pixels are together',
  trust:
    'If training images are mixed, blurred ones may look typical; so may images with a small odd place: maps show places.',
  from: ofPixels,
  fit(reference) {
    const named = (pattern: RegExp): string[] => Object.keys(reference).filter((name) => pattern.test(name));
    const first = [...named(/^(latents|logDet) \d+$/), ...named(/^code$/), ...ofPixels];
    const fitDensity = (names: readonly string[]): ((images: ImageStatistics) => Float64Array) => {
      const rows = statisticRows(reference, names);
      const compress = compression(rows);
      const logDensity = bestFit(coreRows(compress(rows)));
      return (images) => logDensity(compress(statisticRows(images, names)));
    };
    const globalDensity = fitDensity(first);
    const localDensity = fitDensity([...first, ...named(/^ninth \d$/)]);
    return (images) => {
      const others = localDensity(images);
      return globalDensity(images).map((value, image) => -value - others[image]!);
    };
  },
};

/** The estimate that predicts held-out rows best. */
function bestFit(rows: Rows): (others: Rows) => Float64Array {
  const [best] = estimators
    .map(({ choose, use }) => ({ use, held: heldOutDensity(choose, rows) }))
    .sort((a, b) => b.held - a.held);
  return best!.use(rows);
}

/** The statistics of these names, one row per image. */
function statisticRows(images: ImageStatistics, names: readonly string[]): Rows {
  const columns = names.map((name) => column(images, name));
  const width = names.length;
  const count = columns[0]?.length ?? 0;
  const data = new Float64Array(count * width);
  columns.forEach((values, columnIndex) => {
    const isLog = onLogScale.includes(names[columnIndex]!);
    for (let row = 0; row < count; row++) {
      data[row * width + columnIndex] = isLog ? Math.log1p(values[row]!) : values[row]!;
    }
  });
  return { count, width, data };
}

/** The mean log-density of a fifth of the images under an estimate from the others. */
function heldOutDensity(fit: DensityEstimator, rows: Rows): number {
  const [fold] = divideFolds(rows.count, 5);
  return mean(fit(rowsAt(rows, fold!.outside))(rowsAt(rows, fold!.inside)));
}

/** −log₂ of the largest p(x | class), in bits/dim: images of no class are odd. */
const bestClass: OddScore = {
  text: 'bits/dim given the class that suits an image best',
  isResult: true,
  trust: 'Simple images of another kind may look typical.',
  needs: 'classes',
  from: ['bestClass'],
  fit: () => (images) => Float64Array.from(column(images, 'bestClass')),
};

/**
 * log₂ of the largest p(x | class) among other classes, over p(x | label), in bits per image: above 0, another class suits
 * the image better, and the label may be wrong.
 */
const label: OddScore = {
  text: 'bits by which another class suits an image better than its label',
  trust: 'A margin of a few bits is noise.',
  needs: 'labels',
  from: ['labelMargin'],
  fit: () => (images) => Float64Array.from(column(images, 'labelMargin')),
};

/** The name of a score. */
export type OddScoreName = 'bits' | 'complexity' | 'typicality' | 'best-class' | 'label';

/** The scores. */
export const oddScores: Readonly<Record<OddScoreName, OddScore>> = {
  bits,
  complexity,
  typicality,
  'best-class': bestClass,
  label,
};

/** The names of the scores. */
export const oddScoreNames = Object.keys(oddScores) as OddScoreName[];

/**
 * The score that is used unless another is chosen. Chosen with training images: every other one fails for some other set or
 * change (bench/odd.ts).
 */
export const defaultScore: OddScoreName = 'typicality';

/** The scores that can be computed from statistics of images. */
export function computableFrom(images: ImageStatistics): OddScoreName[] {
  return oddScoreNames.filter((name) => oddScores[name].from.every((each) => images[each] !== undefined));
}
