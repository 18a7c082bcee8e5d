// Exports end to end: an exported model draws, encodes and scores images exactly as its run does, and its ONNX files,
// called as the manifest says, give the same bits/dim.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countDimensions } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { firstImages, readAll } from '../../data/contract/dataset.ts';
import { choiceFrom, createConditionRows } from '../../model/conditions.ts';
import { loadModel } from '../../model/loading/loadModel.ts';
import { evaluate } from '../../model/measure/evaluate.ts';
import { startRun } from '../../runs/open/run.node.ts';
import { expectClose } from '../../testing/golden.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { conditionedModels, labelledTinyDataset, tinyClasses, tinyConfig } from '../../testing/tinyRuns.ts';
import { train } from '../../training/loop/train.ts';
import { measureReference } from '../odd/reference.ts';
import { score } from '../odd/score.ts';
import { exportModel } from './exportModel.ts';

// Only the runtime, as someone without this library has it.
const runtimeName = 'onnxruntime-node';
const { InferenceSession, Tensor }: typeof import('onnxruntime-web') = await import(runtimeName);

const root = temporaryFolder();
const dataset = labelledTinyDataset(8);
const test = dataset.test!;
const pixels = readAll(test);
const COUNT = 4;
const some = pixels.subarray(0, COUNT * 64);

// Variational dequantisation is part of one of the others.
const models = conditionedModels.filter(([name]) => name !== 'variational dequantisation');

describe.each(models)('a model with %s', (name, options) => {
  const folder = join(root, name);
  const exported = async () => {
    const run = await startRun(tinyConfig({}, options), folder, { dataset });
    await train({ ...run, threads: 1 });
    await using model = await loadModel(folder, { threads: 1 });
    const scores = await measureReference(model, dataset.validation, 'tiny', { draws: 2 });
    return (await exportModel(folder, { scores, threads: 1 })).files;
  };

  it('is exported as what it is', async () => {
    const files = await exported();
    const exportFolder = join(folder, 'exported');
    mkdirSync(exportFolder);
    for (const [file, data] of Object.entries(files)) {
      writeFileSync(join(exportFolder, file), data);
    }
    await using ofExport = await loadModel(exportFolder, { threads: 1 });
    await using ofRun = await loadModel(folder, { threads: 1 });
    const hasClasses = 'classes' in options;
    const condition = 'condition' in options ? choiceFrom(ofRun.model, firstImages(test, COUNT)) : undefined;
    const choice = { condition, ...(hasClasses && { class: 'right' }) };
    expect(ofExport.fingerprint).toBe(ofRun.fingerprint);
    expect(ofExport.classes).toEqual(hasClasses ? tinyClasses : []);
    const how = { draws: 2, seed: 3 };
    const computeResults = async (model: typeof ofRun) => {
      const latents = await model.encode(some, choice);
      return {
        samples: await model.sample({ count: COUNT, seed: 1, ...choice }),
        latents,
        decoded: await model.decode(latents, choice),
        bitsPerDim: await model.bitsPerDim(some, { ...how, ...choice }),
        evaluation: await evaluate(model, test, { ...how, importance: 3 }),
        scores: (
          await score(model, some, {
            condition,
            reference: await measureReference(ofRun, dataset.validation, 'tiny', { draws: 2 }),
          })
        ).images,
        classes: hasClasses ? await model.classify(some, { ...how, condition }) : [],
      };
    };
    const expected = await computeResults(ofRun);
    expect(await computeResults(ofExport)).toEqual(expected);
    expect((await score(ofExport, some, { condition })).images).toEqual(expected.scores);
    expect(expected.decoded).toEqual(some);

    // As someone with only the files and the manifest would call them.
    const manifest = JSON.parse(String(files['manifest.json']));
    const session = (file: string) => InferenceSession.create(files[file] as Uint8Array);
    const tensor = ({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }) =>
      new Tensor('float32', Float32Array.from(data), shape);
    const call = async (file: string, feeds: Record<string, ReturnType<typeof tensor>>) => {
      const inputNames = manifest.files[file].inputs.map((port: { name: string }) => port.name);
      expect(Object.keys(feeds).sort()).toEqual(inputNames.sort());
      return (await (await session(file)).run(feeds)) as Record<string, { data: Float32Array }>;
    };
    const shape = [COUNT, 8, 8, 1];
    const noise = new Float32Array(some.length);
    for (let image = 0; image < COUNT; image++) {
      const stream = new RandomStream(3, 'dequantise', 0, image);
      ofRun.model.dequantiser.draw(stream, noise.subarray(image * 64, (image + 1) * 64));
    }
    const image = tensor({ shape, data: some });
    const drawn = tensor({ shape, data: noise });
    const isVariational = 'dequantisation' in options;
    const { u, logDensity } = isVariational
      ? await call('dequantiser.onnx', { image, noise: drawn })
      : { u: { data: noise }, logDensity: undefined };
    const conditions = createConditionRows(ofRun.model, choice, COUNT)(0, COUNT);
    const { logLikelihood } = await call('encoder.onnx', {
      image,
      noise: tensor({ shape, data: u!.data }),
      ...Object.fromEntries(
        Object.entries(conditions).map(([input, array]) => [input.replace('condition/', ''), tensor(array)]),
      ),
    });
    const bits = Array.from(
      logLikelihood!.data,
      (value, index) => -(value - (logDensity?.data[index] ?? 0)) / (countDimensions([8, 8, 1]) * Math.LN2),
    );
    expectClose('bits/dim', bits, await ofRun.bitsPerDim(some, { draws: 1, seed: 3, ...choice }), 'float32');
    if (condition) {
      expect(manifest.conditions).toEqual(['moment', 'bright']);
    }
    const instructions: string = manifest.files['encoder.onnx'].howToCall.join('\n');
    expect(instructions).toContain(
      isVariational
        ? 'bits/dim = -(logLikelihood - logDensity) / (64 ln 2).'
        : 'bits/dim = -logLikelihood / (64 ln 2).',
    );
    expect(String(files['README.md'])).toMatch(isVariational ? /variational/ : /uniform/);
  });
});

it('refuses the scores of other weights', async () => {
  const folder = join(root, 'further');
  await train({ ...(await startRun(tinyConfig(), folder, { dataset })), threads: 1 });
  await using before = await loadModel(folder, { step: 4, threads: 1 });
  const scores = await measureReference(before, dataset.validation, 'tiny');
  await expect(exportModel(folder, { scores, threads: 1 })).rejects.toThrow(
    /other weights than those of .* at step 6/,
  );
});
