// What a run takes over from the model that it starts from, in words.
import { formatCount, formatCounted } from '../terminal/format.ts';
import type { PreparedRun } from './preparedRun.ts';

/** What a run takes over from the model that it starts from. */
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
  const most = 3;
  const places = [...new Set(paths.map((path) => /^levels\/\d+(\/steps\/\d+)?|^[^/]+/.exec(path)![0]))];
  const rest = places.length - most;
  return rest > 0 ? `${places.slice(0, most).join(', ')} and ${rest} more` : places.join(', ');
}
