// The page over several studies: which results it takes, and how it marks them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeJson } from '../../src/storage/jsonFile.ts';
import type { ComparisonRow } from './comparison.ts';
import { writeOverview } from './overview.ts';
import { readStudies } from './readStudies.ts';
import type { SeedMean } from './statistics.ts';

const [template] = readStudies();
const folder = mkdtempSync(join(tmpdir(), 'overview-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mean = (value: number, seedInterval: number | null): SeedMean => ({
  ...{ seeds: 1, mean: value, seedDeviation: null, seedInterval, imageError: null },
});

function row(variant: string, difference: SeedMean | null, secondsPerStep: number): ComparisonRow {
  return {
    ...{ variant, parameters: 1234, learningRate: 0.01, rateAtEdge: false, secondsPerStep, curve: [] },
    ...{ test: mean(3, 0.1), difference },
    atEqualSeconds: { value: mean(3, 0.1), difference },
    roundTrip: { images: 2, largestError: 1e-4, exactPixelShare: 1 },
  };
}

function writeResults(name: string, title: string, rows: readonly ComparisonRow[]): void {
  const study = { ...template!, name, title: `About ${name}`, seeds: [0, 1] };
  writeJson(join(folder, `${name}.json`), {
    ...{ study, machine: 'a machine', images: { test: 2 }, searches: [], runs: [], failures: [] },
    comparisons: [{ title, seeds: [0], equalSeconds: 1, rows }],
    sampling: {
      ...{ runs: [], batch: 2, rounds: 3 },
      times: [
        { variant: '1x1', inverse: 'product', milliseconds: 2, range: [2, 2] },
        { variant: 'emerging', inverse: 'wavefront', milliseconds: 3, range: [3, 3] },
        { variant: 'emerging', inverse: 'sequential', milliseconds: 9, range: [9, 9] },
      ],
    },
  });
}

it('puts the studies side by side, with what is certain in bold and what is missing named', () => {
  const studies = ['one', 'two', 'never-run'].map((name) => ({ ...template!, name }));
  expect(writeOverview(folder, studies, 'Layers')).toBeNull();
  writeResults('one', 'Layers', [row('1x1', null, 0.02), row('emerging', mean(-0.5, 0.1), 0.03)]);
  writeResults('two', 'Layers', [row('1x1', null, 0.02), row('finc', mean(0.05, 0.1), 0.05)]);
  writeResults('never-run', 'Other things', [row('1x1', null, 1)]);
  const text = readFileSync(writeOverview(folder, studies, 'Layers')!, 'utf8');
  expect(text).toContain('All bits/dim are bounds with uniform dequantisation noise.');
  expect(text).toContain('| model | one | two |');
  expect(text).toContain('| emerging | **-0.500 ± 0.100** | not run |');
  expect(text).toContain('| finc | not run | +0.050 ± 0.100 |');
  expect(text).toContain('| emerging | 1.50 | not run |');
  expect(text).toContain('| finc | not run | 2.50 |');
  expect(text).toContain('| finc | not run | not timed |');
  expect(text).toContain('**Not complete**: one, two.');
  expect(text).not.toContain('never-run');
});
