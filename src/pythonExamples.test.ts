// The Python code in documents: it runs, and the formulas in NumPy give the library's likelihoods.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ImageShape } from './core/numeric/arrays.ts';
import { RandomStream } from './core/numeric/random.ts';
import { partOptions } from './core/parts/index.ts';
import { encodeSafetensors } from './data/files/safetensors.ts';
import { randomParameters } from './flows/checks/randomParameters.ts';
import { parametersFrom } from './flows/contract/parameters.ts';
import { Glow } from './flows/models/glow.ts';
import type { ModelOptions } from './flows/models/options.ts';
import { optionsText } from './runs/settings/trainedOptions.ts';
import { compile } from './tensor/engine/program.ts';
import { constant, input } from './tensor/tensor.ts';
import { temporaryFolder } from './testing/temporaryFolder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = temporaryFolder();
/** Debian's: Debian packages NumPy for it. */
const interpreter = '/usr/bin/python3';
const hasNumpy = spawnSync(interpreter, ['-c', 'import numpy']).status === 0;

/** The Python code of a document, block by block. */
function pythonIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/```python\n([\s\S]*?)```/g)].map(([, code]) => code!);
}

/** The output of a Python program, whose documents are relative to `cwd`. */
function runPython(program: string, cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(interpreter, ['-'], {
    input: program,
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: folder },
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

/** The package onnxruntime of Python, which Ubuntu 24.04 lacks: the same calls, with the runtime for Node. */
const runtime = `
import json, subprocess
import numpy as np

script = """
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
const { path, names, feeds } = JSON.parse(readFileSync(0, 'utf8'));
const session = await ort.InferenceSession.create(path);
const tensors = feeds.map(([name, dims, data]) => [name, new ort.Tensor('float32', data, dims)]);
const results = await session.run(Object.fromEntries(tensors), names);
const arrays = names.map((name) => [results[name].type, results[name].dims, [...results[name].data]]);
console.log(JSON.stringify(arrays));
"""

class InferenceSession:
    def __init__(self, path):
        self.path = path

    def run(self, names, feeds):
        assert all(array.dtype == np.float32 for array in feeds.values())
        inputs = [[name, array.shape, array.ravel().tolist()] for name, array in feeds.items()]
        request = json.dumps({"path": self.path, "names": names, "feeds": inputs})
        node = [${JSON.stringify(process.execPath)}, "--input-type=module", "-e", script]
        answer = subprocess.run(node, input=request, capture_output=True, text=True, check=True).stdout
        return [np.array(data, dtype).reshape(shape) for dtype, shape, data in json.loads(answer)]
`;

/** A random model in a file, random images and noise, and the log-likelihoods by the library in float64. */
async function randomCase(shape: ImageShape, options: Partial<ModelOptions>, name: string) {
  const model = new Glow(shape, { levels: 2, depth: 2, conditioner: { width: 3 }, ...options });
  const arrays = randomParameters(model.parameters);
  const file = join(folder, `${name}.safetensors`);
  writeFileSync(
    file,
    encodeSafetensors(new Map(Object.entries(arrays)), { model: optionsText(model.options) }),
  );
  const random = new RandomStream(0, 'python');
  const createBatch = (value: () => number) => ({
    shape: [2, ...shape],
    data: Float64Array.from({ length: 2 * shape[0] * shape[1] * shape[2] }, value),
  });
  const images = createBatch(() => random.integer(2 ** model.options.bits!));
  const noise = createBatch(() => random.uniform());
  const parameters = Object.entries(arrays).map(([path, array]) => [path, constant(array)] as const);
  const inputs = { images: input('images', images.shape), noise: input('noise', noise.shape) };
  const { logLikelihood } = model.likelihood(
    inputs.images,
    inputs.noise,
    parametersFrom(Object.fromEntries(parameters)),
  );
  const outputs = { logLikelihood };
  const program = await compile({ inputs, outputs }, { precision: 'float64', threads: 1 });
  const result = await program.run({ images, noise });
  await program.release();
  return {
    request: { file, shape: images.shape, images: [...images.data], noise: [...noise.data] },
    expected: [...result.logLikelihood!.data],
  };
}

const models: readonly Partial<ModelOptions>[] = [
  { mixing: '1x1', bits: 5, coupling: { name: 'affine', scaleFloor: 0.1 } },
  { mixing: 'emerging', levels: 3 },
  { coupling: { name: 'affine', scaleFloor: 0.05 }, checkerboard: 3, checkerboardWidth: 4 },
  { mixing: { name: 'emerging', kernelSize: 5, dilation: 2 }, learnedPrior: false },
  { mixing: '1x1-plu' },
  { mixing: '1x1-qr' },
  { mixing: { name: 'periodic', kernelSize: 5 } },
  { mixing: 'reverse' },
  { mixing: 'shuffle' },
];

it('docs/formulas.md lists every array of these models', () => {
  const rows = readFileSync(join(root, 'docs/formulas.md'), 'utf8').match(/^\| `.+$/gm)!;
  /** The shapes by path, with variables for numbers. */
  const listed = new Map<string, string>();
  let parent = '';
  for (const row of rows) {
    const [, cell, shape] = row.split('|').map((text) => text.trim());
    const [group] = /^`levels\/(?:L\/steps|0\/checkerboards)\/S\/(?:coupling\/)?…`/.exec(cell!) ?? [];
    parent = group ? group.replaceAll(/[`…]/g, '') : parent;
    for (const [, path] of cell!.matchAll(/`([\w/]+\/\w+)`/g)) {
      listed.set(/^(?:levels|prior)\//.test(path!) ? path! : parent + path, shape!.replaceAll('`', ''));
    }
  }
  for (const options of models) {
    const { parameters } = new Glow([16, 8, 3], {
      levels: 2,
      depth: 1,
      conditioner: { width: 5 },
      ...options,
    });
    const { levels = 2, mixing } = options;
    for (const [path, { shape }] of Object.entries(parameters)) {
      const level = Number(/^levels\/(\d)/.exec(path)?.[1] ?? levels - 1);
      const [I, C, F, G] = [3, 3 * 2 ** (level + 2), 5, 4];
      const k = typeof mixing === 'object' ? (partOptions(mixing).kernelSize as number) : 3;
      const step = path.replace(/(steps|checkerboards)\/\d/, '$1/S');
      const text = listed.get(
        step.includes('checkerboards') ? step : step.replace(/^levels\/\d/, 'levels/L'),
      );
      expect(text, path).toBeDefined();
      const size = new Function('I', 'C', 'F', 'G', 'k', `return ${text!.replace(/2(?=[CI])/, '2 * ')}`);
      expect(shape, path).toEqual(size(I, C, F, G, k));
    }
  }
});

describe.skipIf(!hasNumpy)('Python (needs python3-numpy)', { tags: 'system' }, () => {
  it('docs/formulas.md: the likelihood in NumPy is the library’s', async () => {
    const cases = await Promise.all(
      models.map((options, index) => randomCase([16, 8, 3], options, `model-${index}`)),
    );
    const driver = `
import json
for case in json.loads(${JSON.stringify(JSON.stringify(cases.map(({ request }) => request)))}):
    images, noise = (np.array(case[name]).reshape(case["shape"]) for name in ("images", "noise"))
    print(json.dumps(log_likelihood(images, noise, *read(case["file"])).tolist()))
`;
    const lines = runPython([...pythonIn('docs/formulas.md').slice(0, 2), driver].join('\n'))
      .trim()
      .split('\n');
    expect(lines).toHaveLength(models.length);
    lines.forEach((line, index) => {
      (JSON.parse(line) as number[]).forEach((nats, image) => {
        const expected = cases[index]!.expected[image]!;
        expect(Math.abs(nats / expected - 1), JSON.stringify(models[index])).toBeLessThan(1e-9);
      });
    });
  });

  it('docs/formulas.md: an export gives the same', () => {
    writeFileSync(join(folder, 'onnxruntime.py'), runtime);
    const [exported, ours, bits] = runPython(pythonIn('docs/formulas.md').join('\n'), root)
      .match(/\[[^\]]+\]/g)!
      .map((row) => row.slice(1, -1).trim().split(/\s+/).map(Number));
    expect(exported).toHaveLength(2);
    exported!.forEach((nats, image) => {
      expect(nats).toBeCloseTo(ours![image]!, 1);
      expect(bits![image]).toBeCloseTo(-nats / 784 / Math.LN2, 3);
    });
  });

  it('docs/export.md: samples of an export and their bits/dim', () => {
    writeFileSync(join(folder, 'onnxruntime.py'), runtime);
    const output = runPython(pythonIn('docs/export.md').join('\n'), root);
    const [shape, bits] = [
      /^\((.+?)\)/.exec(output)![1],
      /\[([^\]]+)\]/.exec(output)![1]!.trim().split(/\s+/),
    ];
    expect(shape).toBe('16, 28, 28, 1');
    expect(bits).toHaveLength(16);
    for (const value of bits) {
      expect(Number(value)).toBeGreaterThan(0.2);
      expect(Number(value)).toBeLessThan(3);
    }
  });

  it('docs/fields.md, docs/conditions.md: arrays with their conditions', () => {
    expect(runPython(pythonIn('docs/fields.md').join('\n'))).toMatch(/^entropy: -0\.060/);
    // As large as the document's comment says.
    const maps = 'import numpy as np\nnp.save("maps.npy", np.arange(2 * 32 * 32.0).reshape(2, 32, 32))\n';
    const shape = runPython(
      `${maps}${pythonIn('docs/conditions.md').join('\n')}\nprint(np.load("maps.conditions.npy").shape)`,
    );
    expect(shape).toBe('(2, 8, 8)\n');
  });
});
