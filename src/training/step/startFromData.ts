// The initial training state: random weights, and data-dependent initialisation of the actnorms.

import type { NdArray } from '../../core/numeric/index.ts';
import { arrayName, dequantisationName, type Flow, ParameterLayout } from '../../flows/models/index.ts';
import { type Batch, requireNoise } from '../../model/likelihood/index.ts';
import type { TrainingStart } from '../../runs/contents/index.ts';
import { newGuard } from '../../runs/contents/stored.ts';
import { type CompileOptions, compile, type Program, releaseAfter } from '../../tensor/engine/index.ts';
import type { ProgramDefinition, Tensor } from '../../tensor/index.ts';
import { type StageGraph, stageGraphs } from '../gradients/stageGraphs.ts';

/**
 * The initial training state: parameters drawn with the seed, then every actnorm initialised in order, each
 * from the batch as transformed by the layers before it. The weights are drawn into the arrays in `into`, if
 * present.
 *
 * The batch passes through one stage at a time, with one program for all flow steps of a level. A program of the whole
 * model would take longer to compile than to run.
 *
 * @throws UserError (`mismatch`) if the noise of the batch is not of the kind that the model takes
 */
export async function startFromData(
  model: Flow,
  batch: Batch,
  seed: number,
  options: CompileOptions = {},
  into: Record<string, NdArray> = {},
): Promise<TrainingStart> {
  requireNoise(dequantisationName(model.options), batch.noise);
  const layout = new ParameterLayout(model.parameters);
  const drawn = layout.initial(seed, into);
  const weights = layout.unpack(drawn);
  const programs = new Map<StageGraph, Program>();
  await releaseAfter(async (keep) => {
    let images: Readonly<Record<string, NdArray>> = {};
    const graphs = stageGraphs(model, batch.image.shape[0]!, true);
    // Later stages have nothing to initialise.
    const last = graphs.findLastIndex(({ graph }) => Object.keys(graph.started).length > 0);
    for (const { path, graph } of graphs.slice(0, last + 1)) {
      const names = Object.keys(graph.parameters);
      const stageWeights = names.map(
        (name) => [arrayName('weights', name), weights[`${path}/${name}`]!] as const,
      );
      const program = programs.get(graph) ?? keep(await compile(buildStartProgram(graph), options));
      programs.set(graph, program);
      const results = await program.run({ ...batch, ...images, ...Object.fromEntries(stageWeights) });
      for (const name of Object.keys(graph.started)) {
        weights[`${path}/${name}`]!.data.set(results[arrayName('weights', name)]!.data);
      }
      images = results.y ? { x: results.y } : {};
    }
  });
  return { step: 0, updates: 0, guard: newGuard(0), weights: drawn, average: {} };
}

/** The program that passes images on, with the initial weights that its layers derive from them. */
function buildStartProgram({
  taken: passedInputs,
  condition,
  weights,
  started,
  result: { y },
}: StageGraph): ProgramDefinition {
  const asWeights = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [arrayName('weights', name), tensor]));
  return {
    inputs: { ...passedInputs, ...condition, ...asWeights(weights) },
    outputs: { ...(y && { y }), ...asWeights(started) },
  };
}
