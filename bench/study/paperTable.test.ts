import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { presets } from '../../src/experiments/presets.ts';
import { writeJson } from '../../src/storage/jsonFile.ts';
import { hoursOf } from './paperRates.ts';
import { type PaperRow, paperPresets, paperText, writePaperTable } from './paperTable.ts';

const folder = mkdtempSync(join(tmpdir(), 'paper-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('has a row for every preset of the paper, with hours if a rate was measured', () => {
  const rate = { imagesPerSecond: 10, batch: 8, rounds: 1, machine: 'a machine' };
  writeJson(join(folder, 'paper-rates.json'), { 'cifar10-emerging-d8': rate });
  writePaperTable(folder);
  const { rows } = JSON.parse(readFileSync(join(folder, 'paper.json'), 'utf8'));
  const names = presets.filter(({ paper }) => paper !== undefined).map(({ name }) => name);
  expect(rows.map(({ preset }: { preset: string }) => preset).sort()).toEqual([...names].sort());
  const row = rows.find(({ preset }: { preset: string }) => preset === 'cifar10-emerging-d8');
  expect(row).toMatchObject({ published: { bitsPerDim: 3.43 }, ours: null });
  // 4000 epochs of the 49,000 training images, in batches of 256: 192 steps each.
  expect(row.hours).toBeCloseTo((4000 * 192 * 256) / 10 / 3600, 6);
  const text = readFileSync(join(folder, 'paper.md'), 'utf8');
  expect(row.command).toBe(
    'npx emerging train --preset cifar10-emerging-d8 --out runs/paper/cifar10-emerging-d8',
  );
  expect(text).toContain('None has been reproduced here.');
  expect(text).toContain('| `cifar10-emerging-d8` | 3.43 ± 0.004 | 5,461 |');
  expect(text.match(/not measured/g)).toHaveLength(names.length - 1);
});

it('has a column of our results once there is one', () => {
  const { rows } = JSON.parse(readFileSync(join(folder, 'paper.json'), 'utf8')) as { rows: PaperRow[] };
  const [first, ...others] = rows;
  const ours = { steps: 1200, complete: false, testBitsPerDim: 2.5 };
  const text = paperText([{ ...first!, ours }, ...others]);
  expect(text).toContain('Ours are test bits/dim of `runs/paper/PRESET`.');
  expect(text).toContain('| 2.5000 after 1,200 steps, incomplete | not measured |');
  expect(text).toContain('| 3.43 ± 0.004 | not run | 5,461 |');
});

it('computes the hours of all steps of a preset at a rate', () => {
  const preset = paperPresets().find(({ name }) => name === 'galaxy-1x1')!;
  const rate = { imagesPerSecond: 100, batch: 8, rounds: 1, machine: '' };
  // 6000 epochs of 20 steps of 256 images.
  expect(hoursOf(preset, 5000, rate)).toBeCloseTo((6000 * 20 * 256) / 100 / 3600, 9);
});

it('docs/results/paper.md is the page of the committed rows', () => {
  const results = new URL('../../docs/results/', import.meta.url);
  const { rows } = JSON.parse(readFileSync(new URL('paper.json', results), 'utf8')) as { rows: PaperRow[] };
  expect(readFileSync(new URL('paper.md', results), 'utf8')).toBe(paperText(rows));
});
