// The programs that use a trained model: weights are constants, the batch is open.
import { addressableOn, isHost } from '../../engine/devices/device.ts';
import { peakElements } from '../../engine/graph/memory.ts';
import { prepare } from '../../engine/graph/prepare.ts';
import { type CompileOptions, compilePrepared, type Program } from '../../engine/program.ts';
import type { Condition } from '../../flows/contract/condition.ts';
import { parametersFrom } from '../../flows/contract/parameters.ts';
import { largest } from '../../flows/coupling/choices.ts';
import { sumOfDensities } from '../../models/stages.ts';
import { type ImageShape, showImageShape } from '../../numeric/imageShape.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { availableBytes } from '../../platform/machine.node.ts';
import { requireMemory } from '../../platform/memory.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import {
  add,
  concatenate,
  divide,
  exp,
  expand,
  log,
  reshape,
  split,
  subtract,
  sum,
} from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import { OPEN_BATCH } from '../../tensor/shape.ts';
import { constant, input, type Tensor } from '../../tensor/tensor.ts';
import { conditionInputs, conditionOf } from '../likelihood/classInputs.ts';
import type { ConditionArrays } from '../likelihood/conditionArrays.ts';
import { type Batch, likelihoodDefinition } from '../likelihood/likelihood.ts';
import { conditionRowsOf, meanCondition } from './conditions.ts';
import type { Latents } from './latents.ts';
import type { TrainedModel } from './trainedModel.ts';

/** A program over images. */
export interface ImageProgram extends Program {
  /** About how many bytes of results are alive at once for each image of a run. */
  readonly bytesPerImage: number;
}

/** How a program over images is compiled. */
export interface ImageCompileOptions extends CompileOptions {
  /**
   * Called with about how many bytes of results are alive at once for each image, before the graph is prepared, which takes long
   * for large images. If it throws, compiling fails.
   */
  onBytesPerImage?(bytes: number): void;
}

async function compileForImages(
  definition: ProgramDefinition,
  { onBytesPerImage, ...options }: ImageCompileOptions,
): Promise<ImageProgram> {
  const bytesIn = (graph: ProgramDefinition): number =>
    (options.precision === 'float64' ? 8 : 4) * peakElements(graph);
  onBytesPerImage?.(bytesIn(definition));
  const prepared = prepare(definition, options);
  return Object.assign(await compilePrepared(prepared, options), { bytesPerImage: bytesIn(prepared) });
}

/**
 * The most images per run of a program: `most`, or fewer if their memory is not available.
 *
 * @throws UserError (`out-of-memory`) if a single image does not fit
 */
export function imagesPerRun(
  { bytesPerImage, device }: Pick<ImageProgram, 'bytesPerImage' | 'device'>,
  { most, imageShape }: { readonly most: number; readonly imageShape: ImageShape },
): number {
  if (!isHost(device)) {
    // The memory of other devices is unknown.
    return most;
  }
  const available = addressableOn(device, availableBytes());
  const what = `the activations of an image of ${showImageShape(imageShape)}`;
  requireMemory(what, bytesOfRun(bytesPerImage), 'use a smaller model, or smaller images', available);
  return Math.max(1, Math.min(most, Math.floor((SHARE * available) / bytesPerImage)));
}

/** From this size on, memory is announced before it is taken. */
export const LARGE_BYTES = 2 ** 30;

/** The share of available memory that results may take: the runtime holds about twice what is alive. */
const SHARE = 0.4;

/** About how many bytes a run takes in all if its results take `results` bytes. */
export function bytesOfRun(results: number): number {
  return results / SHARE;
}

/** The program that computes `bitsPerDim` of each image from `image` and `noise`. */
export function compileLikelihood(
  trained: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  return compileForImages(likelihoodOf(trained), options);
}

function likelihoodOf({ model, parameters }: TrainedModel): ProgramDefinition {
  return likelihoodDefinition(model, OPEN_BATCH, { inputs: {}, tensors: parameters });
}

/** About how many bytes of results are alive at once for each image while the likelihood is computed in float32. */
export function likelihoodBytes(trained: TrainedModel): number {
  return 4 * peakElements(likelihoodOf(trained));
}

/** The program that computes `logLikelihoods`, ln p(x | class) under every class, `[N, K]`, from `image` and `noise`. */
export function compileClassLikelihoods(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const shape = [OPEN_BATCH, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const logLikelihoods = model.logLikelihoodByClass(image, noise, parametersFrom(parameters));
  return compileForImages({ inputs: { image, noise }, outputs: { logLikelihoods } }, options);
}

/** What a program of images starts from. */
interface ImageInputs {
  readonly image: Tensor;
  readonly noise: Tensor;
  readonly tensors: ReturnType<typeof parametersFrom>;
  readonly condition: ReturnType<typeof conditionInputs>;
}

/** Compiles a program of `image`, `noise` and what the images are conditioned on, if anything. */
function compileOfImages(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
  outputsOf: (inputs: ImageInputs) => Readonly<Record<string, Tensor>>,
): Promise<ImageProgram> {
  const shape = [OPEN_BATCH, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const condition = conditionInputs(model, OPEN_BATCH);
  const outputs = outputsOf({ image, noise, tensors: parametersFrom(parameters), condition });
  return compileForImages({ inputs: { image, noise, ...condition }, outputs }, options);
}

/**
 * The program that computes the parts of the log-likelihood from `image`, `noise` and `classes`, if any: `logLikelihood`, the
 * density of the latents and ln|det| of each level (`latents 0`, `logDet 0`, …), without those that are the same for every
 * image, and `byClass`, the log-density of the top latents under every class, `[N, K]`.
 */
export function compileDensities(trained: TrainedModel, options: ImageCompileOptions): Promise<ImageProgram> {
  const { model } = trained;
  return compileOfImages(trained, options, ({ image, noise, tensors, condition }) => {
    const { u, logDensity } = model.noiseOf(image, noise, tensors);
    const x = model.dequantise(image, u);
    const results = model.resultsOf(x, tensors, condition);
    const densities = sumOfDensities([...results, ...(logDensity ? [{ logNoise: logDensity }] : [])]);
    const outputs: Record<string, Tensor> = { logLikelihood: model.logLikelihood(densities) };
    model.stages.forEach(({ stage, level, path }, index) => {
      const { logPrior, logDet } = results[index]!;
      for (const [name, part] of [
        [`latents ${level}`, logPrior],
        [`logDet ${level}`, logDet],
      ] as const) {
        outputs[name] = part && outputs[name] ? add(outputs[name], part) : (part ?? outputs[name]!);
      }
      if (stage.byClass) {
        outputs.byClass = stage.byClass.logPrior(results[index - 1]?.y ?? x, tensors.at(path));
      }
    });
    const varying = Object.entries(outputs).filter(([, part]) => part !== undefined && part.rank > 0);
    return Object.fromEntries(varying);
  });
}

/** The program that computes `bits`, where −log2 p of each image arises, `[N, H, W]`, from `image`, `noise` and `classes`, if any. */
export function compileBitsMap(trained: TrainedModel, options: ImageCompileOptions): Promise<ImageProgram> {
  return compileOfImages(trained, options, ({ image, noise, tensors, condition }) => {
    const map = trained.model.logLikelihoodMap(image, noise, tensors, condition);
    return { bits: divide(map, -Math.LN2) };
  });
}

/**
 * The program that computes `bits`, what dequantisation and then every stage contribute to −log2 p of each image, `[N, 1 + S]`,
 * from `image`, `noise` and `classes`, if any.
 */
export function compileStageBits(trained: TrainedModel, options: ImageCompileOptions): Promise<ImageProgram> {
  const { model } = trained;
  return compileOfImages(trained, options, ({ image, noise, tensors, condition }) => {
    const { u, logDensity } = model.noiseOf(image, noise, tensors);
    const none = constant(0);
    const before = model.logLikelihood({
      logPrior: none,
      logDet: none,
      ...(logDensity && { logNoise: logDensity }),
    });
    const ofStages = model
      .resultsOf(model.dequantise(image, u), tensors, condition)
      .map(({ logPrior = none, logDet = none }) => add(logPrior, logDet));
    const parts = [before, ...ofStages];
    // What is the same for every image has no axis of images; the density of the top latents has one.
    const like = reshape(parts.at(-1)!, [OPEN_BATCH, 1]);
    const columns = parts.map((part) =>
      part.rank === 0 ? expand(part, like.shape, like) : reshape(part, like.shape),
    );
    return { bits: divide(concatenate(columns, 1), -Math.LN2) };
  });
}

/** The program that computes what every stage makes of `image`, as the encoder takes it. */
export function compileStageImages(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const image = input('image', [OPEN_BATCH, ...model.imageShape]);
  const x = model.dequantise(image, constant(0.5));
  const outputs: Record<string, Tensor> = {};
  const condition = conditionInputs(model, OPEN_BATCH);
  model.resultsOf(x, parametersFrom(parameters), condition).forEach(({ y, epsilon }, index) => {
    Object.assign(outputs, y && { [stageOutput(index)]: y }, epsilon && { [stageLatent(index)]: epsilon });
  });
  return compileForImages({ inputs: { image, ...condition }, outputs }, options);
}

/** Runs the program of all stages: for each, in order, the images it passes on and its latent, if any. */
export async function stageImagesBatch(
  program: Program,
  images: Omit<Batch, 'noise'>,
  stages: number,
): Promise<{ output?: NdArray | undefined; latent?: NdArray | undefined }[]> {
  const results = await program.run({ ...images });
  return Array.from({ length: stages }, (_, index) => ({
    output: results[stageOutput(index)],
    latent: results[stageLatent(index)],
  }));
}

function stageOutput(index: number): string {
  return `output${index}`;
}

function stageLatent(index: number): string {
  return `latent of ${index}`;
}

/** The program that encodes `image`, integers at the model's bit depth, with u = ½. */
export function compileEncoder(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const image = input('image', [OPEN_BATCH, ...model.imageShape]);
  const condition = conditionInputs(model, OPEN_BATCH);
  const x = model.dequantise(image, constant(0.5));
  const { latents } = model.encode(x, parametersFrom(parameters), condition);
  const outputs = Object.fromEntries(latents.map((latent, index) => [latentName(index), latent]));
  return compileForImages({ inputs: { image, ...condition }, outputs }, options);
}

/**
 * The program that computes the `gradient` of Σ ln|det| of the layers with respect to `image`, as the encoder takes it;
 * undefined if ln|det| is the same for every image.
 */
export async function compileLogDetGradient(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram | undefined> {
  const image = input('image', [OPEN_BATCH, ...model.imageShape]);
  // The log-determinant of the layers does not depend on the class.
  const condition = conditionOf(conditionRowsOf(model, { condition: meanCondition(model) }, 1)(0, 1));
  const x = model.dequantise(image, constant(0.5));
  const { logDet } = model.encode(x, parametersFrom(parameters), condition);
  if (logDet.rank === 0) {
    return undefined;
  }
  const [gradient] = gradients(sum(logDet), [image], constant(1));
  return compileForImages({ inputs: { image }, outputs: { gradient: gradient! } }, options);
}

/**
 * The program that computes `logLikelihood`, ln p(x) − D·bits·ln 2 of each image, and its `gradient` with respect to the
 * dequantised values `x`, and to each input of the condition but the classes, `gradient of …`. A model with classes takes
 * them as p(x | class).
 */
export function compileValueGradient(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const x = input('x', [OPEN_BATCH, ...model.imageShape]);
  const condition = conditionInputs(model, OPEN_BATCH);
  const logLikelihood = model.logLikelihood(model.encode(x, parametersFrom(parameters), condition));
  return compileForImages(gradientOf(logLikelihood, x, condition), options);
}

/** The same for a model with classes, of p(x) = Σ p(x | class)/K. */
export function compileMarginalGradient(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const x = input('x', [OPEN_BATCH, ...model.imageShape]);
  const byClass = model.logDensityByClass(x, parametersFrom(parameters));
  const most = largest(split(byClass, 1, Array(model.classes.length).fill(1)));
  const mean = divide(sum(exp(subtract(byClass, most)), [1]), model.classes.length);
  return compileForImages(gradientOf(add(log(mean), sum(most, [1])), x, {}), options);
}

function gradientOf(logLikelihood: Tensor, x: Tensor, condition: Condition): ProgramDefinition {
  const { classes: _, ...real } = condition;
  const [gradient, ...others] = gradients(sum(logLikelihood), [x, ...Object.values(real)], constant(1));
  const named = Object.keys(real).map((name, index) => [conditionGradient(name), others[index]!]);
  return {
    inputs: { x, ...condition },
    outputs: { logLikelihood, gradient: gradient!, ...Object.fromEntries(named) },
  };
}

/** The output with the gradient with respect to an input of the condition. */
export function conditionGradient(name: string): string {
  return `gradient of ${name}`;
}

/** Runs an encoder: the latents of images. */
export async function encodeBatch(program: Program, images: Omit<Batch, 'noise'>): Promise<NdArray[]> {
  const results = await program.run({ ...images });
  return Object.keys(program.outputs).map((_, index) => results[latentName(index)]!);
}

/** The program that decodes latents, one input per level. */
export function compileDecoder(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const latents = model.latentShapes.map((shape, index) => input(latentName(index), [OPEN_BATCH, ...shape]));
  const condition = conditionInputs(model, OPEN_BATCH);
  const definition: ProgramDefinition = {
    inputs: {
      ...Object.fromEntries(latents.map((latent, index) => [latentName(index), latent])),
      ...condition,
    },
    outputs: { values: model.decode(latents, parametersFrom(parameters), condition) },
  };
  return compileForImages(definition, options);
}

/**
 * Runs a decoder: the dequantised values in [−½, ½) of the images of these latents.
 *
 * @param condition of the images, for a model that has one
 */
export async function decodeBatch(
  program: Program,
  latents: Latents,
  condition: ConditionArrays = {},
): Promise<NdArray['data']> {
  const feeds = Object.fromEntries(latents.map((latent, index) => [latentName(index), latent]));
  return (await program.run({ ...feeds, ...condition })).values!.data;
}

function latentName(index: number): string {
  return `latent${index}`;
}
