// The initial training state: random weights, and data-dependent initialisation of the actnorms.
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import { releaseAfter } from '../engine/resources.ts';
import {
  type Conditions,
  type ParameterSpecs,
  type Parameters,
  prefixed,
  startingParameters,
} from '../flows/parameters.ts';
import { boundOf } from '../models/dequantisation.ts';
import { DEQUANTISER, type Glow } from '../models/glow.ts';
import type { Stage, StageResult } from '../models/stages.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { checkpoint } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import type { Shape } from '../tensor/shape.ts';
import { input, type Tensor } from '../tensor/tensor.ts';
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
 * The batch passes through one stage at a time, with one program for all flow steps of a level. A program of the whole
 * model would take longer to compile than to run.
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
  const weights = layout.unpack(drawn);
  const known = new Map<ProgramDefinition, Program>();
  await releaseAfter(async (keep) => {
    let images: Readonly<Record<string, NdArray>> = {};
    for (const { path, definition } of startsOf(model, batch.image.shape[0]!)) {
      if (Object.keys(definition.outputs).length === 0) {
        continue;
      }
      const names = Object.keys(definition.inputs).filter((name) => name.startsWith(WEIGHTS));
      const pathOf = (name: string): string => path + name.slice(WEIGHTS.length);
      const given = Object.fromEntries(names.map((name) => [name, weights[pathOf(name)]!]));
      const program = known.get(definition) ?? keep(await compile(definition, options));
      known.set(definition, program);
      const { y, ...started } = await program.run({ ...batch, ...images, ...given });
      for (const [name, { data }] of Object.entries(started)) {
        weights[pathOf(name)]!.data.set(data);
      }
      images = y ? { x: y } : {};
    }
  });
  return { step: 0, updates: 0, guard: newGuard(0), weights: drawn, average: {} };
}

/** The prefix of the names of parameters in a program. */
const WEIGHTS = 'weights/';

/** The program that initialises a stage, or the dequantisation. */
interface PlacedStart {
  /** The prefix of the paths of its parameters in the model. */
  readonly path: string;
  readonly definition: ProgramDefinition;
}

/** The programs in order; that of stages of one kind is the same. */
function startsOf(model: Glow, images: number): PlacedStart[] {
  const pixels = [images, ...model.imageShape];
  const [image, noise] = [input('image', pixels), input('noise', pixels)];
  const specs = prefixed(DEQUANTISER, model.dequantiser.parameters);
  const dequantisation = startOf(specs, { image, noise }, {}, (p) => ({
    y: model.dequantise(image, model.noiseOf(image, noise, p).u),
  }));
  const starts: PlacedStart[] = [{ path: '', definition: dequantisation }];
  const known = new Map<Stage, ProgramDefinition>();
  let shape = pixels;
  for (const { path, stage } of model.stages) {
    const definition = known.get(stage) ?? startOfStage(model, stage, shape);
    known.set(stage, definition);
    starts.push({ path: `${path}/`, definition });
    shape = [images, ...(stage.outputShape ?? [])];
  }
  return starts;
}

function startOfStage(model: Glow, stage: Stage, shape: Shape): ProgramDefinition {
  const x = input('x', shape);
  const conditions = stage.byClass ? conditionInputs(model, shape[0]!) : {};
  // Marked as in a likelihood, so that it is computed in the same order.
  return startOf(stage.parameters, { x }, conditions, (p) => stage.forward(checkpoint(x), p));
}

/** The program that passes images on, with the initial values that its layers derive from them. */
function startOf(
  specs: ParameterSpecs,
  taken: Readonly<Record<string, Tensor>>,
  conditions: Conditions,
  forward: (parameters: Parameters) => Pick<StageResult, 'y'>,
): ProgramDefinition {
  const tensors = Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [WEIGHTS + name, input(WEIGHTS + name, shape)]),
  );
  const { parameters, started } = startingParameters(tensors, conditions);
  const { y } = forward(parameters.at(WEIGHTS.slice(0, -1)));
  return {
    inputs: { ...taken, ...conditions, ...tensors },
    outputs: { ...(y && { y }), ...Object.fromEntries(started) },
  };
}
