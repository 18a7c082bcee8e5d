// Initialisation one stage at a time, compared with the whole model in one program.
import { expect, it } from 'vitest';
import { startingParameters } from '../../flows/contract/parameters.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { asConditionInputs, conditionInputs } from '../../model/likelihood/likelihood.ts';
import { compile } from '../../tensor/engine/program.ts';
import { input } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { conditionedModels, labelledTinyDataset, tinyConfig } from '../../testing/tinyRuns.ts';
import { BatchLoader } from './batchLoader.ts';
import { startFromData } from './startFromData.ts';

const dataset = labelledTinyDataset(8);

it.each<[string, Partial<ModelOptions>]>([
  ['emerging', { mixing: 'emerging' }],
  ...(conditionedModels as [string, Partial<ModelOptions>][]),
])('initialises every stage from what those before it return (%s)', async (_, options) => {
  const { model: config } = tinyConfig({}, { depth: 3 });
  const model = new Glow(dataset.imageShape, { ...config, ...options });
  const batch = new BatchLoader(dataset.train, { batchSize: 8, seed: 2, model }).at(0);
  const layout = new ParameterLayout(model.parameters);
  const { inputs, tensors } = layout.inputs();
  const condition = conditionInputs(model, 8);
  const { parameters, started } = startingParameters(tensors);
  const [image, noise] = [input('image', batch.image.shape), input('noise', batch.noise.shape)];
  model.likelihood(image, noise, parameters, condition);
  const definition = {
    inputs: { image, noise, ...asConditionInputs(condition), ...inputs },
    outputs: Object.fromEntries(started),
  };
  const program = await compile(definition, { threads: 1 });
  const expected = await program.run({ ...batch, ...layout.initial(7) });
  await program.release();
  const state = await startFromData(model, batch, 7, { threads: 1 });
  const weights = layout.unpack(state.weights);
  expect(Object.keys(expected).length).toBeGreaterThanOrEqual(2 * 3 * 6);
  for (const [path, { data }] of Object.entries(expected)) {
    expectClose(path, weights[path]!.data, data, 'float32');
  }
  const drawn = Object.entries(layout.unpack(layout.initial(7))).filter(([path]) => !(path in expected));
  expect(drawn.length).toBeGreaterThan(0);
  for (const [path, { data }] of drawn) {
    expect(weights[path]!.data).toEqual(data);
  }
});
