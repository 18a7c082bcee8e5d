// The stages of a model as its users see them: where each is, and what it makes of images.

import { countDimensions, type ImageShape, type NdArray, type Values } from '../core/numeric/index.ts';
import { parametersFrom } from '../flows/contract/index.ts';
import type { Flow, StagePlace } from '../flows/models/index.ts';
import { input, OPEN_BATCH, type Tensor } from '../tensor/index.ts';
import { createConditionRows } from './conditions.ts';
import type { EncodeOptions } from './flowModelOptions.ts';
import { modelValues } from './givenImages.ts';
import {
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import { asConditionInputs, conditionInputs } from './likelihood/likelihood.ts';
import { zerosFor } from './pixels.ts';
import type { TrainedModel } from './trainedModel.ts';

/** A stage of a model: a squeeze, a flow step, a split or the top prior. */
export interface StageDescription extends StagePlace {
  /** The shape of each image that it passes on; missing at the top. */
  readonly outputShape?: ImageShape;
  /** The shape of the latent ε of each image, if it factors one out. */
  readonly latentShape?: ImageShape;
}

/** What a stage makes of a batch of images. */
export interface StageImages extends StageDescription {
  /** The images that it passes on, `[N, H, W, C]`; missing at the top. */
  readonly output?: NdArray;
  /** The latents ε that it factors out, if any, `[N, H, W, C]`. */
  readonly latent?: NdArray;
}

/** The stages of a model, in the order of encoding. */
export function describeStages({ stages }: Flow): StageDescription[] {
  return stages.map(({ stage: { outputShape, latentShape }, ...location }) => ({
    ...location,
    ...(outputShape && { outputShape }),
    ...(latentShape && { latentShape }),
  }));
}

/** What every stage makes of images: see `FlowModel.stageImages`. */
export async function stageImages(
  programs: ImagePrograms,
  images: Values | Float64Array,
  { class: classes, condition, precision = programs.precision, ...following }: EncodeOptions,
): Promise<StageImages[]> {
  const { model } = programs;
  const x = modelValues(model, images);
  const dimensions = countDimensions(model.imageShape);
  const count = x.length / dimensions;
  const conditionAt = createConditionRows(model, { class: classes, condition }, count);
  const stages = describeStages(model).map(
    (stage): StageImages => ({
      ...stage,
      ...(stage.outputShape && { output: zerosFor(count, stage.outputShape, precision) }),
      ...(stage.latentShape && { latent: zerosFor(count, stage.latentShape, precision) }),
    }),
  );
  const how = { precision, ...following };
  await programs.inBatches(count, compileStageImages, how, async (program, first, end) => {
    const data = x.subarray(first * dimensions, end * dimensions);
    const batch = { x: { shape: [end - first, ...model.imageShape], data }, ...conditionAt(first, end) };
    const results = await program.run(batch);
    stages.forEach((stage, index) => {
      for (const part of ['output', 'latent'] as const) {
        const array = stage[part];
        array?.data.set(results[arrayName(part, index)]!.data, (first * array.data.length) / count);
      }
    });
  });
  return stages;
}

/** The program that computes what every stage makes of `x`. */
function compileStageImages(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const x = input('x', [OPEN_BATCH, ...model.imageShape]);
  const outputs: Record<string, Tensor> = {};
  const condition = conditionInputs(model, OPEN_BATCH);
  model.stageResults(x, parametersFrom(parameters), condition).forEach(({ y, epsilon }, index) => {
    Object.assign(
      outputs,
      y && { [arrayName('output', index)]: y },
      epsilon && { [arrayName('latent', index)]: epsilon },
    );
  });
  return compileForImages({ inputs: { x, ...asConditionInputs(condition) }, outputs }, options);
}

/** The name, in the program, of what a stage makes of images. */
function arrayName(part: 'output' | 'latent', stage: number): string {
  return `${part} ${stage}`;
}
