// `emerging export` as a process: the folder, its manifest, and the example of docs/export.md run on it.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { decodeSafetensors } from '../../../data/files/safetensors.ts';
import { loadRun } from '../../../model/loading/loadRun.ts';
import { constantValue } from '../../../tensor/tensor.ts';
import { commandProcess } from '../../../testing/command.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const names = [
  'README.md',
  'encoder.onnx',
  'manifest.json',
  'model.safetensors',
  'sampler.onnx',
  'scores.json',
];
const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The JavaScript example in the document that is marked as runnable. */
const example = /<!-- example: run as a test -->\n```js\n([\s\S]*?)```/.exec(
  readFileSync(join(root, 'docs/export.md'), 'utf8'),
)![1]!;

beforeAll(async () => {
  await emerging.trainTiny('--steps=3', '--out=runs/a', '--set=model.bits=5');
  await emerging.json('evaluate', 'runs/a', '--threads=1', '--weights=raw');
});

it('writes its files and names them', async () => {
  const result = await emerging.json('export', 'runs/a', '--out=exported');
  expect(result).toEqual({
    files: expect.arrayContaining(names.map((name) => join('exported', name))),
    run: 'runs/a',
    step: 3,
    weights: 'average',
  });
  expect(readdirSync(inFolder('exported')).sort()).toEqual(names);
  expect(readdirSync(emerging.folder)).not.toContainEqual(expect.stringContaining('partial'));
});

it('describes the model and its measurements in the manifest', async () => {
  const manifest = JSON.parse(readFileSync(inFolder('exported', 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({
    format: 'emerging-flows',
    formatVersion: 1,
    image: { shape: [8, 8, 1], bits: 5 },
    latents: [
      { name: 'latent0', shape: [4, 4, 2] },
      { name: 'latent1', shape: [2, 2, 8] },
    ],
    trained: { preset: 'mnist-quickstart', dataset: 'data', step: 3, weights: 'average' },
    model: {
      levels: 2,
      depth: 1,
      conditioner: { width: 8 },
      mixing: { name: 'emerging', kernelSize: 3, dilation: 1 },
    },
  });
  expect(manifest.trained.bitsPerDim).toEqual([
    expect.objectContaining({ split: 'test', weights: 'average', step: 3, images: 48 }),
    expect.objectContaining({ split: 'validation', weights: 'average', step: 3 }),
  ]);
  expect(manifest.files['encoder.onnx'].inputs[0]).toMatchObject({ name: 'image', range: [0, 31] });
  expect(JSON.stringify(manifest)).not.toContain(emerging.folder);
});

it('exports the requested weights', async () => {
  await emerging.json('export', 'runs/a', '--out=raw', '--weights=raw');
  const { trained } = JSON.parse(readFileSync(inFolder('raw', 'manifest.json'), 'utf8'));
  expect(trained.bitsPerDim).toEqual([expect.objectContaining({ split: 'test', weights: 'raw', draws: 2 })]);
  for (const [folder, kind] of [
    ['exported', 'average'],
    ['raw', 'raw'],
  ] as const) {
    const path = inFolder(folder, 'model.safetensors');
    const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
    expect(metadata).toMatchObject({
      format: 'emerging-flows',
      step: '3',
      imageShape: '8x8x1',
      weights: kind,
    });
    const { parameters } = await loadRun(inFolder('runs', 'a'), { weights: kind });
    expect([...tensors.keys()]).toEqual(Object.keys(parameters));
    for (const [name, tensor] of tensors) {
      expect(tensor).toEqual(constantValue(parameters[name]!));
    }
  }
  const score = ['score', 'raw', '--data=data', '--threads=1'];
  expect((await emerging.json(...score)).weights).toBe('raw');
  expect((await emerging.run(...score)).stdout).toContain('; 4 draws, raw weights');
  const files = ['exported', 'raw'].map((folder) => readFileSync(inFolder(folder, 'encoder.onnx')));
  expect(files[0]!.equals(files[1]!)).toBe(false);
});

it('stores weights in few bits, with what that costs, and reads them back', async () => {
  const { rounding } = await emerging.json('export', 'runs/a', '--out=small', '--weight-bits=8');
  expect(rounding).toEqual({
    weightBits: expect.closeTo(8, 0),
    difference: expect.closeTo(0, 1),
    images: expect.any(Number),
  });
  const { trained } = JSON.parse(readFileSync(inFolder('small', 'manifest.json'), 'utf8'));
  expect(trained.rounding).toEqual(rounding);
  const size = (folder: string): number => readFileSync(inFolder(folder, 'model.safetensors')).length;
  expect(size('small')).toBeLessThan(size('exported') / 2);
  expect((await emerging.run('doctor', 'small', '--data=data', '--quick')).stdout).not.toMatch(/differs/);
  const bits = async (model: string): Promise<number> =>
    (await emerging.json('evaluate', model, '--data=data', '--threads=1')).bitsPerDim;
  expect(Math.abs((await bits('small')) - (await bits('exported')))).toBeLessThan(0.05);
  const { stderr } = await emerging.run('export', 'runs/a', '--out=smallest', '--weight-bits=1');
  expect(stderr).toMatch(
    /^weights of \d\.\d bits on average take \d\.\d{4} bits\/dim more than float32 on \d+ validation images/m,
  );
});

it('works as documented, from a script without this project', async () => {
  symlinkSync(join(root, 'node_modules'), inFolder('node_modules'), 'junction');
  writeFileSync(inFolder('example.mjs'), example);
  const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: emerging.folder });
  expect(stdout).toMatch(/^\[ 16, 8, 8, 1 \] Float32Array\(16\) \[[^N]*\] true\n$/);
});

it.each([
  [
    'an exported model',
    ['exported', '--out=x'],
    'exported is an exported model, but this needs the run it was exported from: ',
  ],
  ['unknown weights', ['runs/a', '--out=x', '--weights=rwa'], "unknown weights 'rwa': did you mean raw?"],
  ['nowhere to write named', ['runs/a'], "required option '--out <dir>' not specified"],
  ['a file', ['runs/a', '--out=runs/a/config.yaml'], 'it is a file; choose another name'],
])('refuses %s in one line', async (_, args, message) => {
  const before = readdirSync(emerging.folder).sort();
  expect(await emerging.refusedWith(2, 'export', ...args)).toContain(message);
  expect(readdirSync(emerging.folder).sort()).toEqual(before);
});
