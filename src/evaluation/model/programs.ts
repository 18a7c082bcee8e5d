// The programs that use a trained model: weights are constants, the batch is open.
import { type CompileOptions, compile, type Program } from '../../engine/program.ts';
import { parametersFrom } from '../../flows/parameters.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import type { ProgramDefinition } from '../../tensor/program.ts';
import { OPEN_BATCH } from '../../tensor/shape.ts';
import { constant, input } from '../../tensor/tensor.ts';
import { likelihoodDefinition } from '../../training/likelihood.ts';
import type { Latents } from './latents.ts';
import type { TrainedModel } from './trainedModel.ts';

/** The program that computes `bitsPerDim` of each image from `image` and `noise`. */
export function compileLikelihood(
  { model, parameters }: TrainedModel,
  options: CompileOptions,
): Promise<Program> {
  return compile(likelihoodDefinition(model, OPEN_BATCH, { inputs: {}, tensors: parameters }), options);
}

/** The program that encodes `image`, integers at the model's bit depth, with u = ½. */
export function compileEncoder(
  { model, parameters }: TrainedModel,
  options: CompileOptions,
): Promise<Program> {
  const image = input('image', [OPEN_BATCH, ...model.imageShape]);
  const { latents } = model.likelihood(image, constant(0.5), parametersFrom(parameters));
  const outputs = Object.fromEntries(latents.map((latent, index) => [latentName(index), latent]));
  return compile({ inputs: { image }, outputs }, options);
}

/** Runs an encoder: the latents of images. */
export async function encodeBatch(program: Program, image: NdArray): Promise<NdArray[]> {
  const results = await program.run({ image });
  return Object.keys(program.outputs).map((_, index) => results[latentName(index)]!);
}

/** The program that decodes latents, one input per level. */
export function compileDecoder(
  { model, parameters }: TrainedModel,
  options: CompileOptions,
): Promise<Program> {
  const latents = model.latentShapes.map((shape, index) => input(latentName(index), [OPEN_BATCH, ...shape]));
  const definition: ProgramDefinition = {
    inputs: Object.fromEntries(latents.map((latent, index) => [latentName(index), latent])),
    outputs: { values: model.decode(latents, parametersFrom(parameters)) },
  };
  return compile(definition, options);
}

/** Runs a decoder: the dequantised values in [−½, ½) of the images of these latents. */
export async function decodeBatch(program: Program, latents: Latents): Promise<NdArray['data']> {
  const feeds = Object.fromEntries(latents.map((latent, index) => [latentName(index), latent]));
  return (await program.run(feeds)).values!.data;
}

function latentName(index: number): string {
  return `latent${index}`;
}
