// The page of a study: bounds, significance, errors, times and rollbacks; the committed pages match their results.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readJson } from '../../src/storage/jsonFile.ts';
import type { ComparisonRow } from './comparison.ts';
import { samplingPlot } from './plots.ts';
import { readStudies } from './readStudies.ts';
import { COLUMNS, reportText } from './report.ts';
import type { StudyResults } from './results.ts';
import { boundOfVariant } from './runs.ts';
import type { SeedMean } from './statistics.ts';
import { variantsOf } from './studies.ts';

const textOf = (results: StudyResults): Promise<string> => reportText(results, async () => {}, {});

const mean = (value: number): SeedMean => ({
  ...{ seeds: 1, mean: value, seedDeviation: null, seedInterval: null, imageError: null },
});

/** Results of a built-in study with one seed, all bits/dim 3. */
function resultsOf(name: string): StudyResults {
  const study = readStudies().find((one) => one.name === name)!;
  const variants = variantsOf(study);
  const row = (variant: string): ComparisonRow => ({
    ...{ variant, parameters: 1234, learningRate: 0.01, rateAtEdge: false, secondsPerStep: 0.1 },
    ...{ test: mean(3), difference: null, atEqualSeconds: null },
    roundTrip: { images: 2, largestError: 1e-4, exactPixelShare: 1 },
    curve: [1, 2].map((step) => ({
      ...{ step, seconds: step, value: mean(3), values: [3], difference: mean(0), differences: [0] },
    })),
  });
  const tried = [{ rate: study.search.rates[0]!, bitsPerDim: 3, state: 'trained' as const }];
  return {
    ...{ study, machine: 'a machine', images: { test: 2 }, failures: [] },
    searches: variants.map((variant) => ({ variant, tried, complete: true, chosen: 0.01, atEdge: false })),
    runs: variants.map((variant) => ({
      ...{ run: `runs/${variant}-0`, variant, seed: 0, bound: boundOfVariant(study, variant) },
      ...{ validationBitsPerDim: 3, testBitsPerDim: 3, standardError: null, samplingError: 0.1 },
      trainingSeconds: 1,
    })),
    comparisons: study.comparisons.map((comparison) => ({
      ...{ title: comparison.title, seeds: [0], equalSeconds: null, rows: comparison.variants.map(row) },
    })),
    sampling: {
      ...{ runs: [], batch: 2, rounds: 3 },
      times: variants.map((variant) => ({
        ...{ variant, inverse: 'wavefront', milliseconds: 2, range: [2, 2] as const },
      })),
    },
  };
}

/** The cells of a table's rows, by the name in the first column. */
function tablesIn(text: string): { titles: string[]; rows: string[][] }[] {
  const cellsOf = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('|'))
    .map((block) => {
      const [titles, , ...rows] = block.trim().split('\n').map(cellsOf);
      return { titles: titles!, rows };
    });
}

it('has a column for the bound in tables that compare several, with a warning', async () => {
  const results = resultsOf('mnist-couplings');
  const text = await textOf(results);
  const tables = tablesIn(text);
  expect(tables).toHaveLength(results.comparisons.length);
  const mixed = tables.filter(({ titles }) => titles.includes('bound'));
  for (const { titles, rows } of mixed) {
    for (const row of rows) {
      expect(row).toHaveLength(titles.length);
      const isVariational = row[0]!.includes('variational');
      expect(row[titles.indexOf('bound')], row[0]).toBe(isVariational ? 'variational' : 'uniform');
    }
  }
  expect(text).toMatch(/\| variational-3-bits \| 1,234 \| variational \| 3\.0000/);
  expect(text.match(/The bounds differ: /g)).toHaveLength(mixed.length);
  expect(text.match(/Bound: uniform\./g)).toHaveLength(tables.length - mixed.length);
  expect(mixed).toHaveLength(2);
});

it('has differences in bold where they are significant after correction', async () => {
  const results = resultsOf('mnist');
  const [comparison, ...others] = results.comparisons;
  const differences = [
    null,
    { seeds: 3, mean: -0.5, seedDeviation: 0.01, seedInterval: 0.025, imageError: 0.002 },
    { seeds: 3, mean: 0.5, seedDeviation: 0.5, seedInterval: 1.24, imageError: 0.001 },
  ];
  const rows = comparison!.rows.map((row, index) => ({ ...row, difference: differences[index]! }));
  const text = await textOf({ ...results, comparisons: [{ ...comparison!, rows }, ...others] });
  expect(text).toContain('| **−0.5000 ± 0.0250** |');
  expect(text).toContain('| +0.5000 ± 1.2400 |');
  expect(text).not.toContain('**+');
});

it('names the largest standard errors over images, and images alone if there are none', async () => {
  const results = resultsOf('mnist');
  expect(await textOf(results)).toContain('. 2 test images. ');
  const comparisons = results.comparisons.map((comparison) => ({
    ...comparison,
    rows: comparison.rows.map((row, index) => ({
      ...row,
      test: { ...mean(3), imageError: 0.01 * (index + 1) },
      difference: index === 0 ? null : { ...mean(0), imageError: 0.001 * index },
    })),
  }));
  const most = Math.max(...comparisons.map(({ rows }) => rows.length));
  expect(await textOf({ ...results, comparisons })).toContain(
    `Over the 2 test images, standard errors are at most ${(0.01 * most).toFixed(4)} for bits/dim and ` +
      `${(0.001 * (most - 1)).toFixed(4)} for differences. `,
  );
});

it('has sampling times in the tables, other inverses and inexact round trips below', async () => {
  const results = resultsOf('mnist');
  const time = { variant: 'emerging', inverse: 'sequential', milliseconds: 9, range: [8, 10] as const };
  const sampling = { ...results.sampling!, times: [...results.sampling!.times, time] };
  const text = await textOf({ ...results, sampling });
  expect(text).toContain('| 0.1000 | 2.000 (2.000 to 2.000) |');
  expect(text).toContain('models of one seed. With the sequential inverse: `emerging` 9.000 ms.\n');
  expect(text).toContain('Encoding and decoding 2 test images returns every pixel exactly.\n');
  const [comparison] = results.comparisons;
  const [row, ...rest] = comparison!.rows;
  const rows = [{ ...row!, roundTrip: { ...row!.roundTrip, exactPixelShare: 0.99 } }, ...rest];
  const inexact = { ...results, sampling: null, comparisons: [{ ...comparison!, rows }] };
  const other = await textOf(inexact);
  expect(other).toContain('every pixel exactly, except with `1x1` (99.000 %).\n');
  expect(other).toContain('| 0.1000 | not timed |');
});

it('names each inverse of a variant that is timed with two, whatever the variant is called', () => {
  const results = resultsOf('mnist-couplings');
  const [first, ...others] = results.sampling!.times;
  const times = [first!, { ...first!, inverse: 'sequential' }, ...others];
  const plot = samplingPlot({ ...results, sampling: { ...results.sampling!, times } })!;
  expect(plot.series.map(({ name }) => name)).toEqual([
    'affine, wavefront',
    'affine, sequential',
    ...others.map(({ variant }) => variant),
  ]);
});

it('says when the steps were timed, if that was later', async () => {
  const results = resultsOf('mnist');
  expect(await textOf(results)).not.toContain('Steps timed');
  const retimed = { date: '2030-01-02', machine: 'another machine' };
  expect(await textOf({ ...results, retimed })).toContain(
    'Steps timed on 2030-01-02 with `--retime`, on another machine.',
  );
  expect(await textOf({ ...results, retimed: { ...retimed, machine: results.machine } })).toContain(
    'Steps timed on 2030-01-02 with `--retime`.\n',
  );
});

it('lists the runs that failed', async () => {
  const results = resultsOf('mnist');
  expect(await textOf(results)).not.toContain('Failed');
  const failures = [{ run: 'runs/study/mnist/1x1-3', reason: 'diverged' }];
  expect(await textOf({ ...results, failures })).toContain(
    '## Failed runs\n\n- `runs/study/mnist/1x1-3`: diverged\n',
  );
});

it('marks models and runs that rolled back', async () => {
  const results = resultsOf('mnist');
  expect(await textOf(results)).toContain('Rollbacks were not recorded.');
  const withRollbacks = (rollbacks: (variant: string) => number | undefined): StudyResults => ({
    ...results,
    runs: results.runs.map((run) => {
      const count = rollbacks(run.variant);
      return { ...run, ...(count !== undefined && { rollbacks: count }) };
    }),
  });
  const none = await textOf(withRollbacks(() => 0));
  expect(none).toContain('No run rolled back.');
  expect(none).not.toContain('†');

  const two = await textOf(withRollbacks((variant) => ({ emerging: 2, reverse: undefined })[variant] ?? 0));
  expect(two).toContain('1 run rolled back (†).');
  expect(two).toContain('| emerging † | 1,234 |');
  expect(two).toContain('| 1x1 | 1,234 |');
  // Both tables with emerging name the run.
  expect(two.match(/† Includes runs that rolled back .*: `emerging-0`\.\n/g)).toHaveLength(2);

  const unknown = withRollbacks((variant) => (variant === 'maf' ? undefined : 1));
  expect(await textOf(unknown)).toContain('6 runs rolled back (†); for 1 run, rollbacks were not recorded.');
});

it('marks learning rates whose run rolled back', async () => {
  const results = resultsOf('mnist');
  const [search, ...others] = results.searches;
  const tried = search!.tried.map((one) => ({ ...one, rollbacks: 1 }));
  const text = await textOf({ ...results, searches: [{ ...search!, tried }, ...others] });
  expect(text).toContain(' after 200 steps with seed 1000: `1x1` 0.01, ');
  expect(text).toContain(' Rolled back: `1x1` at 0.005.\n');
});

const folder = new URL('../../docs/results/', import.meta.url);
const studies = readStudies().flatMap(({ name }) => {
  const results = readJson<StudyResults>(fileURLToPath(new URL(`${name}.json`, folder)));
  return results === undefined ? [] : [[name, results] as const];
});

it.each(studies)('docs/results/%s.md is the page of its results', async (name, results) => {
  const text = await reportText(results, async () => {}, { columns: COLUMNS });
  expect(readFileSync(new URL(`${name}.md`, folder), 'utf8')).toBe(`${text.trimEnd()}\n`);
});
