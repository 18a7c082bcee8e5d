// A whole study on tiny images, through the command: planned, stopped, resumed, reported.
// @module-tag system
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
import { mean } from '../../src/core/numeric/statistics.ts';
import { compileFolder } from '../../src/testing/compileFolder.ts';
import { writeTinyDataset } from '../../src/testing/tinyImages.ts';
import { tinyStudy } from './tinyStudy.ts';

const folder = mkdtempSync(join(tmpdir(), 'study-'));
/** The repository with its sources compiled: the study starts many processes, and compiling takes longer than their work. */
const root = join(folder, 'repository');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  cpSync(join(inject('builtPackage'), 'dist'), join(root, 'src'), { recursive: true });
  await compileFolder(join(repository, 'bench'), join(root, 'bench'));
  copyFileSync(join(repository, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'), 'junction');
  writeTinyDataset(join(folder, 'images'));
  writeFileSync(join(folder, 'studies.yaml'), stringify([tinyStudy]));
});

/** Calls the command; with `stopAt`, interrupts it as soon as stderr contains that. */
function call(
  args: readonly string[],
  stopAt?: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const words = [join(root, 'bench/study.js'), 'studies.yaml', ...args];
    const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    let stopped = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (stopAt !== undefined && !stopped && stderr.includes(stopAt)) {
        stopped = true;
        child.kill('SIGINT');
      }
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const runs = join('runs', 'study', 'tiny');
const json = join(runs, 'results.json');

it('is stopped midway, resumes, and reports what its runs measured', async () => {
  const first = await call([], 'additive-0: 25 steps');
  expect(first.stderr).toContain('stopped; run the same command to resume');
  expect(first.code).toBe(130);
  expect(existsSync(join(folder, json))).toBe(false);
  const before = readFileSync(join(folder, runs, '1x1-0', 'measurement.json'));

  const second = await call([]);
  expect(second.code, second.stderr).toBe(0);
  expect(readdirSync(join(folder, runs)).sort()).toEqual(
    ['1x1-0', '1x1-1', 'additive-0', 'additive-1', 'results.json', 'search', 'timings.json'].sort(),
  );
  expect(readFileSync(join(folder, runs, '1x1-0', 'measurement.json'))).toEqual(before);
  expect(readFileSync(join(folder, runs, 'additive-0', 'config.yaml'), 'utf8')).toMatch(
    /mixing: emerging[\s\S]*coupling: additive/,
  );

  const results = JSON.parse(readFileSync(join(folder, json), 'utf8'));
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
  expect(results.timings.secondsPerStep[row.variant]).toBeGreaterThan(0);
  expect(row.secondsPerStep).toBe(results.timings.secondsPerStep[row.variant]);
  expect(results.timings.sampling.map(({ inverse }: { inverse: string }) => inverse)).toEqual([
    'product',
    'wavefront',
    'sequential',
  ]);
  expect(row.learningRate).toBe(results.searches[1].chosen);

  expect(second.stdout).toMatch(/^additive +[\d,]+ +\d\.\d{4} ± \d+\.\d{4} +[+−]?\d\.\d{4} ± \d+\.\d{4}/m);
  expect(second.stdout).toContain(Math.abs(row.difference.mean).toFixed(4));
  expect(second.stdout).not.toMatch(/NaN|rolled back/);

  appendFileSync(join(folder, runs, 'additive-1', 'metrics.jsonl'), '{"step":25,"backToStep":5}\n');
  const third = await call(['--report']);
  expect(third.stdout).toContain('rolled back to earlier weights: additive-1\n');

  writeFileSync(join(folder, 'studies.yaml'), stringify([{ ...tinyStudy, steps: 30 }]));
  const changed = await call([]);
  expect(changed.code).toBe(1);
  expect(changed.stderr).toMatch(
    /additive-0|1x1-0 was trained with other settings \(training.steps is 25 there and 30/,
  );
});
