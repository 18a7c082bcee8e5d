// A trained model as programs without Node: images to latents, latents to images, and images to the noise that
// dequantises them.

import { UserError } from '../../core/errors.ts';
import { parametersFrom } from '../../flows/contract/index.ts';
import type { Flow } from '../../flows/models/index.ts';
import { hasNormalLatents, noiseShape } from '../../flows/priors/index.ts';
import type { TrainedModel, WorkOptions } from '../../model/index.ts';
import { conditionInputs } from '../../model/likelihood/index.ts';
import { exportOnnx } from '../../tensor/engine/index.ts';
import { input, OPEN_BATCH, type ProgramDefinition, type Tensor } from '../../tensor/index.ts';
import { add, clip, floor, multiply } from '../../tensor/operations/index.ts';

/** The ONNX files of a model. */
export interface ExportedPrograms {
  /**
   * `image`, `noise`, which is u (not for real numbers), and the conditions that the model depends on, by name, to `latent0`, `latent1`, … and `logLikelihood`, the bound if u is uniform; if it is from `dequantiser`, its
   * `logDensity` is to be subtracted.
   */
  readonly encoder: Uint8Array;
  /**
   * `latent0`, `latent1`, …, `temperature` and the same conditions to `image` (uint8, or float32 for real numbers and
   * integers of more bits) and `values`.
   */
  readonly sampler: Uint8Array;
  /** `image` and `noise`, standard normal, to `u` and its `logDensity`; only for variational dequantisation. */
  readonly dequantiser?: Uint8Array;
  /** Standard normal `noise0`, `noise1`, … to the latents of samples; only if a prior is not Gaussian. */
  readonly prior?: Uint8Array;
}

/** The name of a latent in exported programs; 0 is level 0's split, the last one the top. */
export function latentName(index: number): string {
  return `latent${index}`;
}

/** The programs of a model as ONNX files, weights inside, for any number of images at a time. */
export async function exportPrograms(
  trained: TrainedModel,
  { onProgress, ...options }: { threads?: number; onProgress?: WorkOptions['onProgress'] } = {},
): Promise<ExportedPrograms> {
  requireFreeNames(trained.model);
  const noise = dequantiserDefinition(trained);
  const base = priorDefinition(trained);
  const count = 2 + (noise ? 1 : 0) + (base ? 1 : 0);
  onProgress?.(0, count);
  const encoder = await exportOnnx(encoderDefinition(trained), options);
  onProgress?.(1, count);
  const sampler = await exportOnnx(samplerDefinition(trained), {
    ...(trained.model.values.kind === 'uint8' && { bytes: ['image'] }),
    ...options,
  });
  onProgress?.(2, count);
  const dequantiser = noise && (await exportOnnx(noise, options));
  const prior = base && (await exportOnnx(base, options));
  onProgress?.(count, count);
  return { encoder, sampler, ...(dequantiser && { dequantiser }), ...(prior && { prior }) };
}

/** Undefined for uniform noise, which needs no program. */
function dequantiserDefinition({ model, parameters }: TrainedModel): ProgramDefinition | undefined {
  const shape = [OPEN_BATCH, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const { u, logDensity } = model.dequantisationNoise(image, noise, parametersFrom(parameters));
  return logDensity && { inputs: { image, noise }, outputs: { u, logDensity } };
}

/** Undefined for Gaussian priors, whose latents are the noise itself. */
function priorDefinition({ model, parameters }: TrainedModel): ProgramDefinition | undefined {
  if (hasNormalLatents(model)) {
    return undefined;
  }
  const normals = model.priors.map(({ base, latentShape }, index) =>
    input(noiseName(index), [OPEN_BATCH, ...noiseShape(base, latentShape)]),
  );
  return {
    inputs: Object.fromEntries(normals.map((normal, index) => [noiseName(index), normal])),
    outputs: named(model.drawLatents(normals, parametersFrom(parameters))),
  };
}

/** The name of the noise that a latent is drawn from in exported programs. */
export function noiseName(index: number): string {
  return `noise${index}`;
}

/** @throws UserError (`invalid-config`) if a condition has the name of another input or output of the programs */
function requireFreeNames({ condition, latentShapes }: Flow): void {
  const takenNames = [
    'image',
    'noise',
    'temperature',
    'logLikelihood',
    'values',
    ...latentShapes.map((_, index) => latentName(index)),
  ];
  const name = Object.keys(condition).find((component) => takenNames.includes(component));
  if (name !== undefined) {
    throw new UserError(
      'invalid-config',
      `the model cannot be exported: its condition '${name}' has the name of another input of the programs; train it with another name`,
    );
  }
}

function encoderDefinition({ model, parameters }: TrainedModel): ProgramDefinition {
  const shape = [OPEN_BATCH, ...model.imageShape];
  const [image, noise] = [input('image', shape), input('noise', shape)];
  const condition = conditionInputs(model, OPEN_BATCH);
  const x = model.dequantise(image, noise);
  const { latents, ...densities } = model.encode(x, parametersFrom(parameters), condition);
  const logLikelihood = model.logLikelihood(densities);
  // Real numbers have no noise.
  const inputs = { image, ...(model.values.bits !== undefined && { noise }), ...condition };
  return { inputs, outputs: { ...named(latents), logLikelihood } };
}

function samplerDefinition({ model, parameters }: TrainedModel): ProgramDefinition {
  const latents = model.latentShapes.map((shape, index) => input(latentName(index), [OPEN_BATCH, ...shape]));
  const temperature = input('temperature', [1]);
  const condition = conditionInputs(model, OPEN_BATCH);
  const values = model.decode(
    latents.map((latent) => multiply(latent, temperature)),
    parametersFrom(parameters),
    condition,
  );
  return {
    inputs: { ...named(latents), temperature, ...condition },
    outputs: { image: toImages(values, model), values },
  };
}

/** The images of x: pixels for viewing, or real numbers. */
function toImages(x: Tensor, { values }: Flow): Tensor {
  return values.bits === undefined ? values.fromModel(x) : integerImage(x, values.bits);
}

function named(latents: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(latents.map((latent, index) => [latentName(index), latent]));
}

/**
 * The pixels of dequantised values in [−½, ½), scaled to 0..255 if they have up to 8 bits: v = ⌊(x + ½)·2^bits⌋ clipped to
 * 0..2^bits − 1, then v·255/(2^bits − 1) rounded, as in `pixelsFromValues` and `toFullRange`.
 */
function integerImage(values: Tensor, bits: number): Tensor {
  const levels = 2 ** bits;
  const middle = (levels - 1) / 2;
  // The values are rounded down before anything is added: a value next to a boundary would lose its last
  // digits.
  const pixels = add(clip(add(floor(multiply(values, levels)), 0.5), middle), middle);
  return bits >= 8 ? pixels : floor(add(multiply(pixels, 255 / (levels - 1)), 0.5));
}
