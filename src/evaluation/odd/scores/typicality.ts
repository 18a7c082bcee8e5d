// The score `typicality`: how improbable the statistics of an image are, given the reference images.
import { mean } from '../../../numeric/statistics.ts';
import type { ImageStatistics } from '../../../trained/model/referenceScores.ts';
import { foldsOf } from '../densities/folds.ts';
import { gaussian } from '../densities/gaussian.ts';
import { kernel } from '../densities/kernel.ts';
import { type DensityEstimator, type Rows, rowsAt } from '../densities/rows.ts';
import { column, type OddScore } from './contract.ts';

const estimators: readonly DensityEstimator[] = [gaussian, kernel];

/**
 * −ln of two densities fitted to reference images, added: of the vectors of the log-density of the latents and ln|det| of each level and the code
 * length of a general coder, and of bits/dim and the code length alone, in which few odd numbers are not lost among many
 * ordinary ones (Morningstar and others, AISTATS 2021). Both tails count. Of the estimators, the one that predicts held-out
 * reference images best is used for each.
 */
export const typicality: OddScore = {
  text: 'how improbable the densities per level, bits/dim and the complexity are together',
  trust:
    'Slightly blurred or compressed images, and images with a small odd place, may look typical; maps show places.',
  needs: 'statistics',
  from: ['bits', 'code'],
  fit(reference) {
    const levels = Object.keys(reference).filter((name) => /^(latents|logDet) \d+$/.test(name));
    const densities = [
      [...levels, 'code'],
      ['bits', 'code'],
    ].map((names) => ({ names, logDensity: bestFit(rowsOf(reference, names)) }));
    return (images) => {
      const parts = densities.map(({ names, logDensity }) => logDensity(rowsOf(images, names)));
      return parts[0]!.map((first, image) => -first - parts[1]![image]!);
    };
  },
};

/** The estimate that predicts held-out rows best. */
function bestFit(rows: Rows): (others: Rows) => Float64Array {
  const [best] = estimators
    .map((fit) => ({ fit, held: heldOutDensity(fit, rows) }))
    .sort((a, b) => b.held - a.held);
  return best!.fit(rows);
}

/** The statistics of these names, one row per image. */
function rowsOf(images: ImageStatistics, names: readonly string[]): Rows {
  const columns = names.map((name) => column(images, name));
  const width = names.length;
  const count = columns[0]?.length ?? 0;
  const data = new Float64Array(count * width);
  columns.forEach((values, place) => {
    for (let row = 0; row < count; row++) {
      data[row * width + place] = values[row]!;
    }
  });
  return { count, width, data };
}

/** The mean log-density of a fifth of the images under an estimate from the others. */
function heldOutDensity(fit: DensityEstimator, rows: Rows): number {
  const [fold] = foldsOf(rows.count, 5);
  return mean(fit(rowsAt(rows, fold!.outside))(rowsAt(rows, fold!.inside)));
}
