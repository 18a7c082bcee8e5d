// The page docs/results/odd.md, from the results of all sets and seeds.
import { defaultScore } from '../../src/evaluation/odd/scores/registry.ts';
import { markdownTable } from '../../src/evaluation/reports/markdownTable.ts';
import { mean, variance } from '../../src/numeric/statistics.ts';
import type { Result } from './examine.ts';
import type { Rates } from './rates.ts';

/** Student's t for 95 % intervals, by the number of seeds; two say nothing. */
const STUDENT: Readonly<Record<number, number>> = { 3: 4.3, 4: 3.18, 5: 2.78 };

/** Results by set. */
type BySet = readonly (readonly [set: string, own: readonly Result[]])[];

/** The page. */
export function report(results: readonly Result[], command: string, missing: readonly string[]): string {
  const names = [...new Set(results.map(({ set }) => set))];
  const sets: BySet = names.map((name) => [name, results.filter(({ set }) => set === name)]);
  const lacking = missing.map((why) => `- not measured: ${why}\n`).join('');
  const parts = sets.map(
    ([set, own]) => `## Trained on ${set}\n\n${about(own)}\n\n${aucTable(own)}\n\n${details(own)}`,
  );
  return `# Odd images

How well each score of [\`emerging score\`](../odd.md) tells odd images from unseen images of the training set. Written by \`${command}\`.

- **Models** are small (three flow steps per level, width 32) and trained for ${results[0]!.steps} steps with batches of 16, in at most ${Math.max(...results.map(({ seconds }) => Math.ceil(seconds / 60)))} minutes each. Those of all of MNIST and Fashion-MNIST have classes. The second model of \`ratio\` is trained on images with a fifth of their values replaced; it is the same for all seeds, and for a class that of the whole set.
- **Training sets**: *a class* stands for class 0, 1 or 2, the number of the seed. Icons are drawn at four sizes and scaled to 32x32, like emoji. The deep sky and textures are tiles of 32x32 of photographs, of which validation and test tiles are a random part.
- **Odd images** are the test images of another set, or the test images themselves: blurred (Gaussian, σ = 1), noisy (σ = 10), as JPEG (quality 50), inverted, at half the contrast.
- **AUC** is 0.5 by chance and 1 at best; so is the **average precision**, with as many odd images as others. **False alarms** are the unseen images above the score that 95 % of the odd ones reach; lower is better. Intervals are 95 % over seeds, from three seeds on.
- **For comparison**: \`bits/dim\` itself, \`bits − PNG\` (\`complexity\` with the size of a PNG file), and two methods on pixels without a flow: an isolation forest, and the distance to the fifth nearest training image.

${lacking}${lacking && '\n'}## The default score

AUC of \`${defaultScore}\`.

${defaultTable(sets)}

## p-values

Are the p-values of the default score uniform on unseen test images? The p-value of a Kolmogorov-Smirnov test against the validation images, seed by seed, and the share of images with a p-value of at most 0.05. The smallest of the ${results.length} tests times their number, Bonferroni's correction, is ${Math.min(1, results.length * Math.min(...results.map(({ uniform }) => uniform))).toFixed(2)}.

${uniformTable(sets)}

## Planted images

Of 20 odd images of five kinds (another set, plain, noise, blurred, shuffled rows) among 2,480, how many are among the first 40; the mean over seeds. The 2,480 are test images, and training images where there are fewer.

${plantedTable(sets)}
${labelSection(sets)}
${parts.join('\n\n')}
`;
}

function about(own: readonly Result[]): string {
  const { trained, reference } = own[0]!;
  return (
    `${own.length} ${own.length === 1 ? 'seed' : 'seeds'}; ${trained.toLocaleString('en')} training and ` +
    `${reference.toLocaleString('en')} validation images; test images need ${withInterval(own.map(({ bitsPerDim }) => bitsPerDim))} bits/dim.`
  );
}

function defaultTable(sets: BySet): string {
  const changed = Object.keys(sets[0]![1][0]!.rates).slice(1);
  return markdownTable(
    ['trained on', 'seeds', 'other images', ...changed],
    sets.map(([set, own]) => {
      const [other, ...rest] = Object.keys(own[0]!.rates).map((kind) =>
        withInterval(valuesOf(own, kind, defaultScore, 'auc')),
      );
      return [set, `${own.length}`, `${Object.keys(own[0]!.rates)[0]}: ${other}`, ...rest];
    }),
  );
}

function uniformTable(sets: BySet): string {
  return markdownTable(
    ['images', 'p by seed', 'at most 0.05'],
    sets.map(([set, own]) => [
      set,
      own.map(({ uniform }) => uniform.toFixed(3)).join(', '),
      `${(100 * mean(own.map(({ below }) => below))).toFixed(1)} %`,
    ]),
  );
}

function labelSection(sets: BySet): string {
  const rows = sets.flatMap(([set, own]) => {
    const found = own.flatMap(({ labels }) => (labels ? [labels] : []));
    if (found.length === 0) {
      return [];
    }
    const of = (first: (one: (typeof found)[number]) => number): string =>
      mean(found.map((one) => one.precision[first(one)]!)).toFixed(2);
    const wrong = Math.round(mean(found.map((one) => one.wrong)));
    return [
      [
        set,
        `${wrong} of ${found[0]!.images.toLocaleString('en')}`,
        of(() => 10),
        of(() => 50),
        of((one) => one.wrong),
      ],
    ];
  });
  const title = ['images', 'wrong', 'first 10', 'first 50', 'as many as are wrong'];
  return rows.length === 0
    ? ''
    : `
## Wrong labels

1 % of the training labels are replaced by another class before training. The share of wrong labels among the training images that the score \`label\` ranks first; the mean over seeds.

${markdownTable(title, rows)}
`;
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

function plantedTable(sets: BySet): string {
  const rows = sets.flatMap(([set, own]) => {
    const planted = own.flatMap((one) => (one.planted ? [one.planted] : []));
    return planted.length === 0 ? [] : [{ set, planted }];
  });
  const scores = Object.keys(rows[0]?.planted[0] ?? {});
  return markdownTable(
    ['images', ...scores],
    rows.map(({ set, planted }) => [
      set,
      ...scores.map((score) => mean(planted.map((one) => one[score]!)).toFixed(1)),
    ]),
  );
}

function withInterval(values: readonly number[]): string {
  const student = STUDENT[values.length];
  const half = student === undefined ? undefined : student * Math.sqrt(variance(values) / values.length);
  return `${mean(values).toFixed(3)}${half === undefined ? '' : ` ± ${half.toFixed(3)}`}`;
}
