// A whole study on tiny images, through the command: planned, stopped, resumed, reported.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { stringify } from 'yaml';
import { mean } from '../../src/numeric/statistics.ts';
import { compileFolder } from '../../src/testing/compileFolder.ts';
import { writeTinyDataset } from '../../src/testing/tinyImages.ts';

const folder = mkdtempSync(join(tmpdir(), 'study-'));
/** The repository with its sources compiled: the study starts many processes, and compiling takes longer than their work. */
const root = join(folder, 'repository');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const study = {
  name: 'tiny',
  title: 'Tiny images',
  data: { name: 'images' },
  preset: 'paper-mnist-quickstart',
  changes: [
    'model.levels=1',
    'model.depth=1',
    'model.width=4',
    'training.batchSize=16',
    'training.warmupSteps=2',
    'training.averageDecay=0.5',
    'data.validation=0.1',
  ],
  variants: { additive: ['model.mixing=emerging', 'model.coupling=additive'] },
  comparisons: [{ title: 'Two', variants: ['1x1', 'additive'] }],
  steps: 25,
  seeds: [0, 1],
  search: { rates: [0.01, 0.001], steps: 10, seed: 9 },
};

beforeAll(async () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  cpSync(join(inject('builtPackage'), 'dist'), join(root, 'src'), { recursive: true });
  await compileFolder(join(repository, 'bench'), join(root, 'bench'));
  copyFileSync(join(repository, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction');
  writeTinyDataset(join(folder, 'images'));
  writeFileSync(join(folder, 'studies.yaml'), stringify([study]));
});

/** Calls the command; with `stopAt`, interrupts it as soon as stderr contains that. */
function call(args: readonly string[], stopAt?: string): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const words = [join(root, 'bench/study.js'), '--studies', 'studies.yaml', ...args];
    const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let stopped = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (stopAt !== undefined && !stopped && stderr.includes(stopAt)) {
        stopped = true;
        child.kill('SIGINT');
      }
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

const runs = join('runs', 'study', 'tiny');
const json = join('docs', 'results', 'tiny.json');

it('is stopped midway, resumes, and reports what its runs measured', async () => {
  const none = await call(['--hours', '0.0001']);
  expect(none.stderr).toMatch(/nothing fits in these hours: the first unit takes \d/);
  expect(none.code).toBe(2);

  const first = await call([], 'additive-0: 25 steps');
  expect(first.stderr).toContain('stopped; run the same command to resume');
  expect(first.code).toBe(130);
  expect(existsSync(join(folder, 'docs', 'results', 'tiny.json'))).toBe(false);
  const before = readFileSync(join(folder, runs, '1x1-0', 'measurement.json'));

  const second = await call([]);
  expect(second.code, second.stderr).toBe(0);
  expect(readdirSync(join(folder, runs)).sort()).toEqual(
    [
      '1x1-0',
      '1x1-1',
      'additive-0',
      'additive-1',
      'sampling.json',
      'search',
      'speeds.json',
      'steps.json',
    ].sort(),
  );
  expect(readFileSync(join(folder, runs, '1x1-0', 'measurement.json'))).toEqual(before);
  expect(readFileSync(join(folder, runs, 'additive-0', 'config.yaml'), 'utf8')).toMatch(
    /mixing: emerging[\s\S]*coupling: additive/,
  );

  const results = JSON.parse(readFileSync(join(folder, 'docs', 'results', 'tiny.json'), 'utf8'));
  const [comparison] = results.comparisons;
  expect(comparison.seeds).toEqual([0, 1]);
  const measured = (variant: string, seed: number): number[] =>
    JSON.parse(readFileSync(join(folder, runs, `${variant}-${seed}`, 'measurement.json'), 'utf8')).perImage;
  const differences = [0, 1].map(
    (seed) => mean(measured('additive', seed)) - mean(measured('1x1', seed)),
  ) as [number, number];
  const row = comparison.rows[1];
  expect(row.test.mean).toBeCloseTo(mean([...measured('additive', 0), ...measured('additive', 1)]), 10);
  expect(row.difference.mean).toBeCloseTo(mean(differences), 10);
  // With two seeds s/√2 is half their distance, and t(0.975, 1) = 12.706.
  expect(row.difference.seedInterval).toBeCloseTo(
    (12.7062047 * Math.abs(differences[0] - differences[1])) / 2,
    6,
  );
  expect(row.curve.map(({ step }: { step: number }) => step)).toEqual([5, 10, 15, 20, 25]);
  const { seconds } = JSON.parse(readFileSync(join(folder, runs, 'steps.json'), 'utf8'));
  expect(seconds[row.variant]).toBeGreaterThan(0);
  expect(row.secondsPerStep).toBe(seconds[row.variant]);
  expect(results.sampling.times.map(({ inverse }: { inverse: string }) => inverse)).toEqual([
    'product',
    'wavefront',
    'sequential',
  ]);
  expect(row.learningRate).toBe(results.searches[1].chosen);

  const text = readFileSync(join(folder, 'docs', 'results', 'tiny.md'), 'utf8');
  expect(text).toContain(Math.abs(row.difference.mean).toFixed(4));
  expect(text).not.toContain('NaN');
  for (const [, picture] of text.matchAll(/\]\((.*\.png)\)/g)) {
    expect(existsSync(join(folder, 'docs', 'results', picture!)), picture).toBe(true);
  }

  // Nothing is left to do, so there is nothing that would not fit.
  const third = await call(['--hours', '0.0001']);
  expect(third.code, third.stderr).toBe(0);
  expect(third.stderr).not.toContain('of the plan remaining');

  expect(text).toContain('No run rolled back.');
  appendFileSync(join(folder, runs, 'additive-1', 'metrics.jsonl'), '{"step":25,"backToStep":5}\n');
  await call(['--report']);
  const { runs: reported } = JSON.parse(readFileSync(join(folder, json), 'utf8'));
  expect(reported.map(({ rollbacks }: { rollbacks: number }) => rollbacks)).toEqual([0, 0, 0, 1]);
  expect(readFileSync(join(folder, 'docs', 'results', 'tiny.md'), 'utf8')).toContain('| additive † |');

  writeFileSync(join(folder, 'studies.yaml'), stringify([{ ...study, steps: 30 }]));
  const changed = await call([]);
  expect(changed.code).toBe(1);
  expect(changed.stderr).toMatch(
    /additive-0|1x1-0 was trained with other settings \(training.steps is 25 there and 30/,
  );
});

it('times its steps again without its runs, and refuses results of other settings', async () => {
  writeFileSync(join(folder, 'studies.yaml'), stringify([study]));
  const before = JSON.parse(readFileSync(join(folder, json), 'utf8'));
  rmSync(join(folder, 'runs'), { recursive: true });
  const { code, stderr } = await call(['--retime']);
  expect(code, stderr).toBe(0);
  const after = JSON.parse(readFileSync(join(folder, json), 'utf8'));
  expect(after.retimed.date).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(after.runs).toEqual(before.runs);
  const rows = (results: typeof after) => results.comparisons[0].rows;
  expect(rows(after)[1].test).toEqual(rows(before)[1].test);
  for (const row of rows(after)) {
    expect(row.secondsPerStep).toBeGreaterThan(0);
    expect(row.curve.at(-1).seconds).toBeCloseTo(25 * row.secondsPerStep, 9);
  }
  expect(rows(after)[0].secondsPerStep).not.toBe(rows(before)[0].secondsPerStep);

  writeFileSync(join(folder, 'studies.yaml'), stringify([{ ...study, steps: 30 }]));
  const other = await call(['--retime']);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('tiny.json belongs to a study with other settings');
});
