// Notes for the user on the weights of a run that starts from another model, printed before training.
import { fewNames } from '../../errors.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import type { PreparedRun } from './preparedRun.ts';

/** Which weights are copied, which are new, and which of the other model are not used; none if they are all random. */
export function originNotes({ origin }: PreparedRun): string[] {
  if (origin === undefined) {
    return [];
  }
  const { name, taken, fresh, unused } = origin;
  const whole = fresh.length === 0 && unused.length === 0;
  return [
    `starting from the weights of ${name}: ${whole ? 'all' : formatCount(taken.length)} arrays of parameters`,
    ...(fresh.length === 0
      ? []
      : [`${name} has no ${placesOf(fresh)}: ${formatCounted(fresh.length, 'array')} with initial values`]),
    ...(unused.length === 0
      ? []
      : [`not used: ${formatCounted(unused.length, 'array')} of ${name}, in ${placesOf(unused)}`]),
  ];
}

/** Where parameters are in a model: `dequantiser, levels/1/steps/3`; of many places the first ones. */
function placesOf(paths: readonly string[]): string {
  return fewNames([...new Set(paths.map((path) => /^levels\/\d+(\/steps\/\d+)?|^[^/]+/.exec(path)![0]))]);
}
