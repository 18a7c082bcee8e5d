// The list of runs: their states, filter and order.
import type { FoundRun } from './watch.ts';

/** The orders of the list. */
export const orders = {
  name: 'by name',
  when: 'last changed first',
  result: 'lowest validation first',
} as const;

/** The name of an order. */
export type Order = keyof typeof orders;

/** The state of a run, in a word. */
export function describeState({ complete, isTraining }: FoundRun): string {
  return isTraining ? 'training' : complete ? 'complete' : 'stopped';
}

/** The runs whose name, images, preset or state contain all words of a text. */
export function listed(runs: readonly FoundRun[], text: string, order: Order): FoundRun[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = runs.filter((run) => {
    const about = [run.path, run.data, run.preset, describeState(run)].join('\n').toLowerCase();
    return words.every((word) => about.includes(word));
  });
  return order === 'when'
    ? matching.toSorted((a, b) => (b.when ?? '').localeCompare(a.when ?? ''))
    : order === 'result'
      ? matching.toSorted(
          (a, b) => (a.validation ?? Number.POSITIVE_INFINITY) - (b.validation ?? Number.POSITIVE_INFINITY),
        )
      : matching;
}

/** A setting that differs between runs. */
export interface Difference {
  readonly setting: string;
  /** Its value in each run; undefined where it is not set. */
  readonly values: readonly (string | undefined)[];
}

/** The settings that differ between runs, in the order of their configurations. */
export function listDifferences(runs: readonly Pick<FoundRun, 'settings'>[]): Difference[] {
  const names = new Set(runs.flatMap(({ settings }) => Object.keys(settings)));
  return [...names]
    .map((setting) => ({ setting, values: runs.map(({ settings }) => settings[setting]) }))
    .filter(({ values }) => new Set(values).size > 1);
}
