// Latents: how images become latents and latents images, draws from the priors, and parts of them.
import { call, option, type Phrase, phrase, UserError } from '../core/errors.ts';
import {
  countDimensions,
  countElements,
  type ImageShape,
  type NdArray,
  RandomStream,
  requireArgument,
  requireFinite,
  requireWhole,
} from '../core/numeric/index.ts';
import { parametersFrom } from '../flows/contract/index.ts';
import { hasNormalLatents, noiseShape } from '../flows/priors/index.ts';
import type { Program } from '../tensor/engine/index.ts';
import { constant, input, OPEN_BATCH, type ProgramDefinition } from '../tensor/index.ts';
import type { WorkOptions } from './flowModelOptions.ts';
import {
  compileForImages,
  type ImageCompileOptions,
  type ImageProgram,
  type ImagePrograms,
} from './imagePrograms.ts';
import type { Latents } from './latentArithmetic.ts';
import {
  asConditionInputs,
  type Batch,
  type ConditionArrays,
  conditionInputs,
} from './likelihood/likelihood.ts';
import { zerosFor } from './pixels.ts';
import { DEFAULT_TEMPERATURE } from './temperature.ts';
import type { TrainedModel } from './trainedModel.ts';

/** Which latents are drawn. */
export interface DrawOptions {
  /** How many images. */
  readonly count: number;
  /** The first image in the seed's infinite sequence of images; default 0. */
  readonly first?: number;
  /** The factor of the latents, which is their standard deviation if priors are Gaussian; default 1. */
  readonly temperature?: number;
  /** The seed of the sequence; default 0. */
  readonly seed?: number;
}

/**
 * Standard normal numbers for images `first` to `first + count − 1` of a seed, times the temperature: the latents of a model
 * whose priors are Gaussian.
 *
 * @param shapes one array for each
 * @throws UserError if an option has an invalid value
 */
export function drawNormals(
  shapes: readonly ImageShape[],
  { count, first = 0, temperature = DEFAULT_TEMPERATURE, seed = 0 }: DrawOptions,
): NdArray[] {
  requireWhole('count', count, 0);
  requireWhole('first', first, 0);
  requireFinite('temperature', temperature, 0);
  requireWhole('seed', seed, 0);
  const latents = shapes.map((shape) => ({
    shape: [count, ...shape],
    data: new Float32Array(count * countDimensions(shape)),
  }));
  const sizes = shapes.map(countDimensions);
  const latentSize = sizes.reduce((total, size) => total + size, 0);
  for (let index = 0; index < count; index++) {
    const normals = new RandomStream(seed, 'latents', first + index).normals(latentSize);
    let start = 0;
    latents.forEach(({ data }, level) => {
      const size = sizes[level]!;
      for (let element = 0; element < size; element++) {
        data[index * size + element] = temperature * normals[start + element]!;
      }
      start += size;
    });
  }
  return latents;
}

/** Images `first` to `end − 1` of a batch, as views. */
export function sliceLatents(latents: Latents, first: number, end: number): NdArray[] {
  return latents.map(({ shape, data }) => {
    const size = countElements(shape.slice(1));
    return { shape: [end - first, ...shape.slice(1)], data: data.subarray(first * size, end * size) };
  });
}

/** The largest |ε| of one image of a batch. */
export function largestLatent(latents: Latents, image: number): number {
  let largest = 0;
  for (const { data } of sliceLatents(latents, image, image + 1)) {
    for (const value of data) {
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return largest;
}

/**
 * How many images latents are of.
 *
 * @param shapes the `latentShapes` of a model
 * @throws UserError if they do not have these shapes
 */
export function countOfLatents(latents: Latents, shapes: readonly ImageShape[]): number {
  requireArgument(Array.isArray(latents), 'latents must be a list of arrays, as returned by encode');
  const count = latents[0]?.shape[0] ?? 0;
  const actual = latents.map(({ shape }) => `[${shape.join(', ')}]`);
  const expected = shapes.map((shape) => `[${[latents.length > 0 ? count : 'N', ...shape].join(', ')}]`);
  if (
    actual.join() !== expected.join() ||
    latents.some(({ shape, data }) => countElements(shape) !== data.length)
  ) {
    throw new UserError(
      'mismatch',
      `these latents do not fit this model: ${
        actual.length > 0 ? `they have shapes ${actual.join(', ')}` : 'the list is empty'
      }, expected ${expected.join(', ')}`,
    );
  }
  return count;
}

/**
 * The latents of the images that `sample` draws from a seed: they follow the priors, times the temperature.
 *
 * @throws UserError if an option has an invalid value
 */
export async function drawFromPriors(
  programs: ImagePrograms,
  { temperature = DEFAULT_TEMPERATURE, ...draw }: DrawOptions,
  following: WorkOptions = {},
): Promise<NdArray[]> {
  const { latentShapes, priors } = programs.model;
  if (hasNormalLatents(programs.model)) {
    return drawNormals(latentShapes, { ...draw, temperature });
  }
  requireFinite('temperature', temperature, 0);
  const normals = drawNormals(
    priors.map(({ base, latentShape }) => noiseShape(base, latentShape)),
    draw,
  );
  const latents = latentShapes.map((shape) => zerosFor(draw.count, shape, programs.precision));
  await programs.inBatches(draw.count, compilePriors, following, async (program, first, end) => {
    const feeds = sliceLatents(normals, first, end).map((array, index) => [noiseName(index), array]);
    const drawn = await program.run(Object.fromEntries(feeds));
    latents.forEach(({ data }, index) => {
      const values = drawn[latentName(index)]!.data.map((value) => temperature * value);
      data.set(values, first * countDimensions(latentShapes[index]!));
    });
  });
  return latents;
}

/** The program that computes latents from standard normal numbers, `noise0`, …, one for each prior. */
function compilePriors(
  { model, parameters }: TrainedModel,
  options: ImageCompileOptions,
): Promise<ImageProgram> {
  const normals = model.priors.map(({ base, latentShape }, index) =>
    input(noiseName(index), [OPEN_BATCH, ...noiseShape(base, latentShape)]),
  );
  const latents = model.drawLatents(normals, parametersFrom(parameters));
  return compileForImages(
    {
      inputs: Object.fromEntries(normals.map((normal, index) => [noiseName(index), normal])),
      outputs: Object.fromEntries(latents.map((latent, index) => [latentName(index), latent])),
    },
    options,
  );
}

function noiseName(index: number): string {
  return `noise${index}`;
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
  return compileForImages({ inputs: { image, ...asConditionInputs(condition) }, outputs }, options);
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
      ...asConditionInputs(condition),
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

/** Why latents of an image with this largest one, in float64 or not, cannot be decoded; follows a colon. */
export function tooFarOut(largest: number, double: boolean): Phrase {
  const remedy = double ? [] : phrase`encode it with ${option('precision', 'float64')}, or `;
  return phrase`${whyTooFarOut(largest)}; ${remedy}see ${call('diagnose')}`;
}

/** The same without a remedy, for latents that were not encoded from an image. */
export function whyTooFarOut(largest: number): string {
  return `its largest latent is ${Number(largest.toPrecision(3))}, and rounding grows without bound in the inverse of this model`;
}
