// The score of improbable statistics: densities fitted to the statistics of reference images.
import { mean } from '../../../core/numeric/index.ts';
import type { ImageStatistics } from '../../../model/referenceScores.ts';
import type { PixelStatisticName } from '../statistics/pixelStatistics.ts';
import { column, defineScore } from './definition.ts';
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
export const typicality = defineScore({
  name: 'typicality',
  summary:
    'How improbable the densities per level, the complexity and simple statistics of the pixels are together.',
  trust:
    'If training images are mixed, blurred ones may look typical; so may images with a small odd place: maps show places.',
  from: ofPixels,
  build: () => (reference) => {
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
});

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
