// The page docs/results/odd.md, from the results of all sets and seeds.
import { markdownTable } from '../../src/evaluation/reports/markdownTable.ts';
import { mean, variance } from '../../src/numeric/statistics.ts';
import type { Result } from './examine.ts';
import type { Rates } from './rates.ts';

/** Student's t for 95 % intervals, by the number of seeds. */
const STUDENT: Readonly<Record<number, number>> = { 2: 12.71, 3: 4.3, 4: 3.18, 5: 2.78 };

/** The page. */
export function report(results: readonly Result[], command: string, missing: readonly string[]): string {
  const sets = [...new Set(results.map(({ set }) => set))];
  const parts = sets.map((set) => {
    const own = results.filter((result) => result.set === set);
    return `## Trained on ${set}\n\n${about(own)}\n\n${aucTable(own)}\n\n${details(own)}`;
  });
  const lacking = missing.map((why) => `- not measured: ${why}\n`).join('');
  return `# Odd images

How well each score of [\`emerging score\`](../odd.md) tells odd images from unseen images of the training set. Written by \`${command}\`.

Higher is better for AUC (0.5 is chance) and average precision, lower for false alarms: the share of unseen images above the score that 95 % of the odd ones reach. Intervals are 95 % over seeds. \`bits/dim\`, \`bits − PNG\` and the two methods on pixels (isolation forest, distance to the fifth nearest of the training images) are for comparison. \`ratio\` is against a model of the same images with a fifth of their values replaced.

${lacking}${lacking && '\n'}${parts.join('\n\n')}

## Planted images

Of 20 odd images of five kinds (another set, plain, noise, blurred, shuffled rows) among up to 2,480 test images, how many are among the first 40; the mean over seeds.

${plantedTable(results, sets)}
`;
}

function about(own: readonly Result[]): string {
  const bits = own.map(({ bitsPerDim }) => bitsPerDim);
  const uniform = own.map((result) => result.uniform.toFixed(2)).join(', ');
  return (
    `${own.length} ${own.length === 1 ? 'seed' : 'seeds'}, ${Math.max(...own.map(({ seconds }) => seconds))} s at most; test images need ` +
    `${withInterval(bits)} bits/dim. Are the p-values of the default score uniform on unseen images? Kolmogorov and Smirnov: p = ${uniform}.`
  );
}

function aucTable(own: readonly Result[]): string {
  const kinds = Object.keys(own[0]!.rates);
  const scores = Object.keys(own[0]!.rates[kinds[0]!]!);
  return markdownTable(
    ['AUC', ...scores],
    kinds.map((kind) => [kind, ...scores.map((score) => mean(valuesOf(own, kind, score, 'auc')).toFixed(3))]),
  );
}

function details(own: readonly Result[]): string {
  const rows = Object.entries(own[0]!.rates).flatMap(([kind, scores]) =>
    Object.keys(scores).map((score) => [
      kind,
      score,
      ...(['auc', 'precision', 'falseAlarms'] as const).map((rate) =>
        withInterval(valuesOf(own, kind, score, rate)),
      ),
    ]),
  );
  const table = markdownTable(['odd', 'score', 'AUC', 'average precision', 'false alarms'], rows);
  return `<details><summary>All rates with intervals</summary>\n\n${table}\n\n</details>`;
}

function valuesOf(own: readonly Result[], kind: string, score: string, rate: keyof Rates): number[] {
  return own.map(({ rates }) => rates[kind]![score]![rate]);
}

function plantedTable(results: readonly Result[], sets: readonly string[]): string {
  const scores = Object.keys(results[0]?.planted ?? {});
  return markdownTable(
    ['images', ...scores],
    sets.map((set) => {
      const own = results.filter((result) => result.set === set);
      return [set, ...scores.map((score) => mean(own.map(({ planted }) => planted[score]!)).toFixed(1))];
    }),
  );
}

function withInterval(values: readonly number[]): string {
  const student = STUDENT[values.length];
  const half = student === undefined ? undefined : student * Math.sqrt(variance(values) / values.length);
  return `${mean(values).toFixed(3)}${half === undefined ? '' : ` ± ${half.toFixed(3)}`}`;
}
