// The PyTorch twin: it reproduces the golden cases, and whole models that have no golden case.
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countDimensions, type ImageShape, type NdArray } from '../../src/core/numeric/arrays.ts';
import { RandomStream } from '../../src/core/numeric/random.ts';
import { partName, partOptions } from '../../src/core/parts/index.ts';
import { randomParameters } from '../../src/flows/checks/randomParameters.ts';
import { parametersFrom } from '../../src/flows/contract/parameters.ts';
import { Glow } from '../../src/flows/models/glow.ts';
import { innerParts, type ModelOptions } from '../../src/flows/models/options.ts';
import { compile } from '../../src/tensor/engine/program.ts';
import { gradients } from '../../src/tensor/gradients/gradient.ts';
import { divide, negate, sum } from '../../src/tensor/operations/index.ts';
import { constant, input, type Tensor } from '../../src/tensor/tensor.ts';
import { inTemporaryFolder } from '../shared/temporaryFolder.ts';
import { defaultPython } from './pytorch.ts';

const golden = fileURLToPath(new URL('../../golden', import.meta.url));
const script = fileURLToPath(new URL('glow_torch.py', import.meta.url));
const findTorch = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)';
const hasTorch = spawnSync(defaultPython, ['-c', findTorch]).status === 0;

const images = 2;
const imageShape: ImageShape = [4, 8, 3];

const check = (...files: readonly string[]) =>
  spawnSync(defaultPython, [script, 'check', ...files], { encoding: 'utf8' });

/** Options in the form of golden cases: the names of parts, and their options next to them. */
function flat(options: ModelOptions): object {
  const parts = Object.entries(options).flatMap(([key, value]) => {
    const isPart = Object.hasOwn(innerParts, key);
    return isPart ? [[key, partName(value)], ...Object.entries(partOptions(value))] : [[key, value]];
  });
  return { kernelSize: 3, dilation: 1, ...Object.fromEntries(parts) };
}

/** A golden case of a model with random parameters, as this library computes it. */
async function goldenCase(changes: Partial<ModelOptions>) {
  const model = new Glow(imageShape, { levels: 2, depth: 2, conditioner: { width: 3 }, ...changes });
  const params = randomParameters(model.parameters);
  const random = new RandomStream(0, 'glowTorch');
  const shape = [images, ...imageShape];
  const createBatch = (value: () => number): NdArray => ({
    shape,
    data: Float64Array.from({ length: images * countDimensions(imageShape) }, value),
  });
  const batchArrays = {
    image: createBatch(() => random.integer(256)),
    noise: createBatch(() => random.uniform()),
  };
  const batch = { image: input('image', shape), noise: input('noise', shape) };
  const tensors = Object.fromEntries(
    Object.entries(params).map(([path, { shape }]) => [path, input(path, shape)]),
  );
  const { logLikelihood, latents } = model.likelihood(batch.image, batch.noise, parametersFrom(tensors));
  const paths = Object.keys(params).filter((path) => model.parameters[path]!.trained);
  const loss = divide(sum(negate(logLikelihood)), images * countDimensions(imageShape) * Math.LN2);
  const outputs: Record<string, Tensor> = { logLikelihood };
  latents.forEach((latent, index) => {
    outputs[`latent ${index}`] = latent;
  });
  gradients(
    loss,
    paths.map((path) => tensors[path]!),
    constant(1),
  ).forEach((gradient, index) => {
    outputs[paths[index]!] = gradient;
  });
  const program = await compile(
    { inputs: { ...batch, ...tensors }, outputs },
    { precision: 'float64', threads: 1 },
  );
  const result = await program.run({ ...batchArrays, ...params });
  await program.release();
  const stored = ({ shape, data }: NdArray) => ({ shape, data: Array.from(data) });
  const storeAll = (arrays: Readonly<Record<string, NdArray>>) =>
    Object.fromEntries(Object.entries(arrays).map(([path, array]) => [path, stored(array)]));
  return {
    config: { ...flat(model.options), imageShape },
    params: storeAll(params),
    ...storeAll(batchArrays),
    eps: latents.map((_, index) => stored(result[`latent ${index}`]!)),
    logLikelihood: Array.from(result.logLikelihood!.data),
    gradients: storeAll(Object.fromEntries(paths.map((path) => [path, result[path]!]))),
  };
}

const models: readonly Partial<ModelOptions>[] = [
  { coupling: { name: 'mixture', components: 3 }, checkerboard: [1, 2], checkerboardWidth: 5 },
  {
    coupling: 'affine',
    conditioner: { name: 'gated', width: 3, blocks: 1 },
    mask: 'checkerboard',
    mixing: '1x1',
  },
  { coupling: 'additive', checkerboard: 3, mixing: '1x1', learnedPrior: false },
];

describe.skipIf(!hasTorch)('the PyTorch twin (needs python3-torch)', { tags: 'system' }, () => {
  // One process: it takes seconds to start.
  it('reproduces the golden models and couplings, and models of this library', () =>
    inTemporaryFolder('twin', async (folder) => {
      const ours: string[] = [];
      for (const [index, changes] of models.entries()) {
        const file = join(folder, `model-${index}.json`);
        writeFileSync(file, JSON.stringify(await goldenCase(changes)));
        ours.push(file);
      }
      const stored = readdirSync(golden)
        .filter((file) => /^(model|coupling|stronger)-/.test(file))
        .map((file) => join(golden, file));
      const { status, stdout, stderr } = check(...stored, ...ours);
      expect(stderr).toBe('');
      expect(status).toBe(0);
      const checked = stdout.split('\n').flatMap((line) => /^(.+) largest error/.exec(line)?.[1] ?? []);
      const stronger = stored.filter((file) => file.includes('stronger-'));
      expect(stronger.length).toBeGreaterThan(0);
      const others = ['coupling-additive', 'coupling-affine', 'model-emerging', 'model-periodic'];
      expect(checked).toEqual(
        expect.arrayContaining([...stronger, ...others.map((name) => join(golden, `${name}.json`)), ...ours]),
      );
    }));
});
