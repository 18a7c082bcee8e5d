// The score `typicality`: how improbable the statistics of an image are, given the reference images.
import { mean } from '../../../numeric/statistics.ts';
import type { ImageStatistics } from '../../../trained/model/referenceScores.ts';
import { foldsOf } from '../densities/folds.ts';
import { gaussian } from '../densities/gaussian.ts';
import { kernel, robustKernel } from '../densities/kernel.ts';
import { compression, coreOf } from '../densities/robust.ts';
import { type DensityEstimator, type Rows, rowsAt } from '../densities/rows.ts';
import type { PixelStatisticName } from '../statistics/pixelStatistics.ts';
import { column, type OddScore } from './contract.ts';

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
] satisfies PixelStatisticName[];

/**
 * −ln of two densities fitted to reference images, added (Morningstar and others, AISTATS 2021): of the vectors of the
 * log-density of the latents and ln|det| of each level, the code length of a general coder (of images of 8 bits) and four statistics
 * of the pixels, and of these with the brightness of each ninth. Where reference images share no layout, the ninths hide what else is
 * odd: hence the first density. Both tails count. Of the estimators, the one that predicts held-out reference images best is used. The fits
 * are robust: a few odd images among the reference hardly change them.
 */
export const typicality: OddScore = {
  text: 'how improbable the densities per level, the complexity and simple statistics of the pixels are together',
  trust:
    'If training images are mixed, blurred ones may look typical; so may images with a small odd place: maps show places.',
  from: onLogScale,
  fit(reference) {
    const named = (pattern: RegExp): string[] => Object.keys(reference).filter((name) => pattern.test(name));
    const first = [...named(/^(latents|logDet) \d+$/), ...named(/^code$/), ...onLogScale];
    const densityOf = (names: readonly string[]): ((images: ImageStatistics) => Float64Array) => {
      const rows = rowsOf(reference, names);
      const compress = compression(rows);
      const logDensity = bestFit(coreOf(compress(rows)));
      return (images) => logDensity(compress(rowsOf(images, names)));
    };
    const one = densityOf(first);
    const other = densityOf([...first, ...named(/^ninth \d$/)]);
    return (images) => {
      const others = other(images);
      return one(images).map((value, image) => -value - others[image]!);
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
function rowsOf(images: ImageStatistics, names: readonly string[]): Rows {
  const columns = names.map((name) => column(images, name));
  const width = names.length;
  const count = columns[0]?.length ?? 0;
  const data = new Float64Array(count * width);
  columns.forEach((values, place) => {
    const isLog = onLogScale.includes(names[place]!);
    for (let row = 0; row < count; row++) {
      data[row * width + place] = isLog ? Math.log1p(values[row]!) : values[row]!;
    }
  });
  return { count, width, data };
}

/** The mean log-density of a fifth of the images under an estimate from the others. */
function heldOutDensity(fit: DensityEstimator, rows: Rows): number {
  const [fold] = foldsOf(rows.count, 5);
  return mean(fit(rowsAt(rows, fold!.outside))(rowsAt(rows, fold!.inside)));
}
