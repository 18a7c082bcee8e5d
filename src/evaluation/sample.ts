// Samples: latents drawn from the priors, decoded to 8-bit images.
import { pixelsFromValues, toEightBit } from '../data/pixels.ts';
import { type CompileOptions, compile, type Program } from '../engine/program.ts';
import { parametersFrom } from '../flows/parameters.ts';
import { dimensionsOf } from '../numeric/imageShape.ts';
import type { NdArray } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import { input } from '../tensor/tensor.ts';
import { nextTurn } from '../training/likelihood.ts';
import type { TrainedModel } from './loadRun.ts';

/** How samples are drawn. */
export interface SampleOptions extends CompileOptions {
  /** How many images. */
  readonly count: number;
  /** The standard deviation of all latents ε; 1 samples the model itself, less gives plainer images. */
  readonly temperature: number;
  /** The seed of the latents. */
  readonly seed: number;
  /** Images per run of the program; the images do not depend on it but for rounding. */
  readonly batchSize?: number;
  /** Called with the number of images done. */
  onProgress?(images: number): void;
}

/**
 * Draws images from a trained model: 8-bit, `count` of them in NHWC order. Image i depends on the seed, the
 * temperature and i.
 *
 * @throws UserError if a decoded value is not a number
 */
export async function sample(
  trained: TrainedModel,
  { count, temperature, seed, batchSize = 64, onProgress, ...options }: SampleOptions,
): Promise<Uint8Array> {
  const { model } = trained;
  const size = Math.min(batchSize, count);
  const dimensions = dimensionsOf(model.imageShape);
  const pixels = new Uint8Array(count * dimensions);
  const program = await compileDecoder(trained, size, options);
  for (let first = 0; first < count; first += size) {
    const latents = drawLatents(trained, { first, count: size, temperature, seed });
    const values = await decodeBatch(program, latents);
    const wanted = Math.min(size, count - first);
    const { bits } = model.options;
    const images = toEightBit(pixelsFromValues(values.subarray(0, wanted * dimensions), bits), bits);
    pixels.set(images, first * dimensions);
    onProgress?.(first + wanted);
    await nextTurn();
  }
  await program.release();
  return pixels;
}

/** The program that decodes: inputs `latent0`, `latent1`, …, from level 0's split to the top; output `values`. */
export function compileDecoder(
  { model, parameters }: TrainedModel,
  batchSize: number,
  options: CompileOptions,
): Promise<Program> {
  const latents = model.latentShapes.map((shape, index) => input(latentName(index), [batchSize, ...shape]));
  const definition: ProgramDefinition = {
    inputs: Object.fromEntries(latents.map((latent, index) => [latentName(index), latent])),
    outputs: { values: model.decode(latents, parametersFrom(parameters)) },
  };
  return compile(definition, options);
}

/** Runs a decoder: the dequantised values in [−½, ½) of the images of these latents. */
export async function decodeBatch(program: Program, latents: readonly NdArray[]): Promise<NdArray['data']> {
  const feeds = Object.fromEntries(latents.map((latent, index) => [latentName(index), latent]));
  return (await program.run(feeds)).values!.data;
}

/** Latents of images `first` to `first + count − 1` of a seed: normal, times the temperature. */
function drawLatents(
  { model }: TrainedModel,
  { first, count, temperature, seed }: { first: number; count: number; temperature: number; seed: number },
): NdArray[] {
  const latents = model.latentShapes.map((shape) => ({
    shape: [count, ...shape],
    data: new Float32Array(count * dimensionsOf(shape)),
  }));
  for (let index = 0; index < count; index++) {
    const random = new RandomStream(seed, 'latents', first + index);
    for (const { data } of latents) {
      const size = data.length / count;
      for (let element = 0; element < size; element++) {
        data[index * size + element] = temperature * random.normal();
      }
    }
  }
  return latents;
}

function latentName(index: number): string {
  return `latent${index}`;
}
