// The initial training state: random weights, and data-dependent initialisation of the actnorms.
import { type CompileOptions, compile } from '../engine/program.ts';
import { releaseAfter } from '../engine/resources.ts';
import { startingParameters } from '../flows/parameters.ts';
import { boundOf } from '../models/dequantisation.ts';
import type { Glow } from '../models/glow.ts';
import { input } from '../tensor/tensor.ts';
import { conditionInputs } from './classInputs.ts';
import { type Batch, requireNoise } from './likelihood.ts';
import { type Groups, ParameterLayout } from './parameterLayout.ts';
import { newGuard } from './step/guard.ts';
import type { TrainingStart } from './trainingState.ts';

/**
 * The initial training state: parameters drawn with the seed, then every actnorm initialised in order, each
 * from the batch as transformed by the layers before it. The weights are drawn into the arrays in `into`, if
 * present.
 *
 * @throws UserError (`mismatch`) if the noise of the batch is not of the kind that the model takes
 */
export async function startFromData(
  model: Glow,
  batch: Batch,
  seed: number,
  options: CompileOptions = {},
  into: Groups = {},
): Promise<TrainingStart> {
  requireNoise(boundOf(model.options), batch.noise);
  const layout = new ParameterLayout(model.parameters);
  const drawn = layout.initial(seed, into);
  const { inputs, tensors } = layout.inputs();
  const conditions = conditionInputs(model, batch.image.shape[0]!);
  const { parameters, started } = startingParameters(tensors, conditions);
  const image = input('image', batch.image.shape);
  const noise = input('noise', batch.noise.shape);
  model.likelihood(image, noise, parameters);
  const definition = {
    inputs: { image, noise, ...conditions, ...inputs },
    outputs: Object.fromEntries(started),
  };
  const values = await releaseAfter(async (keep) => {
    const program = keep(await compile(definition, options));
    return program.run({ ...batch, ...drawn });
  });
  for (const [path, { data }] of Object.entries(layout.unpack(drawn))) {
    data.set(values[path]?.data ?? data);
  }
  return { step: 0, updates: 0, guard: newGuard(0), weights: drawn, average: {} };
}
