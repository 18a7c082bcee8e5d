// The score `typicality`: how improbable the statistics of an image are among those of the reference.
import { mean } from '../../../numeric/statistics.ts';
import type { ImageStatistics } from '../../../trained/model/referenceScores.ts';
import { foldsOf } from '../densities/folds.ts';
import { gaussian } from '../densities/gaussian.ts';
import { kernel } from '../densities/kernel.ts';
import { type DensityEstimator, type Rows, rowsAt } from '../densities/rows.ts';
import { column, type OddScore } from './contract.ts';

const estimators: readonly DensityEstimator[] = [gaussian, kernel];

/**
 * −ln of a density fitted to the vectors of reference images: the log-density of the latents and ln|det| of each level, and
 * the code length of a general coder (Morningstar and others, AISTATS 2021). Both tails count. Of the estimators, the one
 * that predicts held-out reference images best is used.
 */
export const typicality: OddScore = {
  text: 'how improbable the densities per level and the complexity are together',
  trust:
    'Slightly blurred or compressed images, and images with a small odd place, may look typical; maps show places.',
  needs: 'statistics',
  from: ['code'],
  fit(reference) {
    const names = Object.keys(reference).filter((name) => /^(latents|logDet) \d+$|^code$/.test(name));
    const rows = rowsOf(reference, names);
    const [best] = estimators
      .map((fit) => ({ fit, held: heldOutDensity(fit, rows) }))
      .sort((a, b) => b.held - a.held);
    const logDensity = best!.fit(rows);
    return (images) => logDensity(rowsOf(images, names)).map((value) => -value);
  },
};

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
