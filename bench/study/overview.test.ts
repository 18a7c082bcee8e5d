// The page for several studies: which results it uses, and how it marks them.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { writeJson } from '../../src/storage/jsonFile.ts';
import { convolutions } from './builtInStudies.ts';
import type { ComparisonRow } from './comparison.ts';
import { writeOverview } from './overview.ts';
import { readStudies } from './readStudies.ts';
import type { SeedMean } from './statistics.ts';

const [template] = readStudies();
const folder = mkdtempSync(join(tmpdir(), 'overview-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mean = (value: number, seedInterval: number | null): SeedMean => ({
  ...{ seeds: 2, mean: value, seedInterval, imageError: null },
  // With two seeds the interval is t(0.975, 1)·s/√2.
  seedDeviation: seedInterval === null ? null : (seedInterval * Math.SQRT2) / 12.7062,
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

it('has a table for each study, with significant differences in bold, and names incomplete studies', () => {
  const studies = ['one', 'two', 'never-run'].map((name) => ({ ...template!, name }));
  expect(writeOverview(folder, studies, 'Layers')).toBeNull();
  writeResults('one', 'Layers', [row('1x1', null, 0.02), row('emerging', mean(-0.5, 0.1), 0.03)]);
  writeResults('two', 'Layers', [row('1x1', null, 0.02), row('finc', mean(0.05, 0.1), 0.05)]);
  writeResults('never-run', 'Other things', [row('1x1', null, 1)]);
  const text = readFileSync(writeOverview(folder, studies, 'Layers')!, 'utf8');
  expect(text).toContain('bits/dim report bounds with uniform dequantisation noise.');
  expect(text).toContain('## [About one](one.md)');
  expect(text).toContain('| emerging | 1,234 | **-0.500 ± 0.100** | **-0.500 ± 0.100** | 1.50 | 1.50 |');
  expect(text).toContain('| finc | 1,234 | +0.050 ± 0.100 | +0.050 ± 0.100 | 2.50 | not timed |');
  expect(text).toContain('**Incomplete**: one, two.');
  expect(text).not.toContain('never-run');
});

it('docs/results/convolutions.md is the page of the committed results', () => {
  const results = fileURLToPath(new URL('../../docs/results', import.meta.url));
  for (const file of readdirSync(results).filter((name) => name.endsWith('-convolutions.json'))) {
    copyFileSync(join(results, file), join(folder, file));
  }
  const file = writeOverview(folder, readStudies(), convolutions.title)!;
  expect(readFileSync(join(results, 'convolutions.md'), 'utf8')).toBe(readFileSync(file, 'utf8'));
});
