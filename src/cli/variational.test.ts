// Commands on a model with variational dequantisation.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { commandProcess } from '../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const variational = ['--set=model.dequantisation=variational', '--set=model.dequantisationWidth=8'];
const common = ['--data=data', ...tinyTraining, '--threads=1', '--steps=6', '--no-test'];

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  await emerging.json('train', ...common, ...variational, '--out=runs/v');
  await emerging.json('train', ...common, '--out=runs/u');
});

it('evaluates, and says which bound a number is', async () => {
  const measured = await emerging.json('evaluate', 'runs/v', '--draws=2', '--importance=4', '--threads=1');
  expect(measured).toMatchObject({ bound: 'variational', draws: 2, importance: { draws: 4 } });
  expect(measured.importance.bitsPerDim).toBeLessThan(measured.bitsPerDim);
  const { stdout } = await emerging.run('evaluate', 'runs/v', '--importance=2', '--threads=1');
  expect(stdout).toContain('8 bits, variational bound, 2 draws\n');
  expect(stdout).toContain('importance-weighted bound with 2 draws of variational noise per image\n');
  const card = readFileSync(inFolder('runs/v/README.md'), 'utf8');
  expect(card).toMatch(/\| 2 \| importance-weighted, variational \| average \| 6 \|/);
  expect((await emerging.run('runs')).stdout).toMatch(/runs\/u .* uniform .*\nruns\/v .* variational /);
  const compared = await emerging.json('compare', 'runs/u', 'runs/v', '--threads=1');
  expect(compared.runs.map(({ bound }: { bound: string }) => bound)).toEqual(['uniform', 'variational']);
});

it('examines the noise', async () => {
  const { code, stdout } = await emerging.run('doctor', 'runs/v', '--images=4', '--threads=1');
  // 1 where it finds a fault of a model that has hardly been trained; not 2, nor the code of a crash.
  expect([0, 1]).toContain(code);
  expect(stdout).toMatch(/^dequantiser\/steps\/1\/second +\S+ +\S+ +[\d.]+e-\d+ +[\d.]+e-\d+ /m);
  expect(stdout).toMatch(/^dequantiser\/unitInterval +\S+ +\S+ +[\d.]+e-\d+ +[\d.]+e-\d+ /m);
  expect(stdout).toMatch(
    /^density of the noise, nats\/dimension +> 1e-4 +> 0\.001 +[\d.]+e-\d+ +dequantiser/m,
  );
  expect(stdout).toMatch(/^dequantisation noise outside \[0, 1\) +> 0 % +0 %$/m);
});

it('exports the noise too', async () => {
  const { files } = await emerging.json('export', 'runs/v', '--out=exported');
  expect(files).toContain(join('exported', 'dequantiser.onnx'));
  const manifest = JSON.parse(readFileSync(inFolder('exported/manifest.json'), 'utf8'));
  expect(Object.keys(manifest.files)).toContain('dequantiser.onnx');
  expect(manifest.model.dequantisation).toBe('variational');
});

it.each([
  ['model.dequantisation=gaussian', "unknown model.dequantisation 'gaussian': known: uniform, variational"],
  [
    'model.dequantisationWidth=8',
    'model.dequantisationWidth is an option of variational dequantisation, but model.dequantisation is uniform: ' +
      'leave it out or set model.dequantisation=variational',
  ],
  ['model.dequantisationSteps=0', 'model.dequantisationSteps must be a whole number from 1 to 32, not 0'],
])('refuses %s in one line', async (setting, message) => {
  const { code, stderr } = await emerging.run('train', ...common, `--set=${setting}`, '--out=runs/bad');
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(message)]);
});
