// What can be measured of a trained model as a whole: real images there and back, latents, samples.
import { type ImageSet, readAll } from '../../data/dataset.ts';
import { type CompileOptions, compile, evaluate } from '../../engine/program.ts';
import { parametersFrom } from '../../flows/parameters.ts';
import type { Glow } from '../../models/glow.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../../numeric/ndarray.ts';
import { RandomStream } from '../../numeric/random.ts';
import { constant, input, type Tensor } from '../../tensor/tensor.ts';
import { imageArray } from '../../training/likelihood.ts';
import { compileDecoder, decodeBatch } from '../model/programs.ts';
import type { TrainedModel } from '../model/trainedModel.ts';

/** Real images encoded and decoded again in float32. */
export interface Reconstruction {
  /** How many. */
  readonly images: number;
  /** The share of pixels that return as the same integer. */
  readonly exactPixelShare: number;
  /** The largest |difference| of values in [−½, ½). */
  readonly largestError: number;
  /** The same in grey levels, of which a pixel of b bits has 2^b. */
  readonly largestErrorInGreyLevels: number;
  /** The position of the image with the largest error. */
  readonly worstImage: number;
}

/** The latents of real images that one prior stands for. */
export interface LatentStatistics {
  /** The path of the split, or `prior`. */
  readonly layer: string;
  /** Near 0 where the model is trained. */
  readonly mean: number;
  /** At most about 1 where the model is trained. */
  readonly variance: number;
}

/** Images decoded from latents of the prior. */
export interface SampleStatistics {
  /** How many. */
  readonly count: number;
  /** The share with a value beyond ±10, where images have values in [−½, ½), or with one that is no number. */
  readonly explodedShare: number;
}

/** What was measured of a model as a whole. */
export interface ModelExamination {
  readonly reconstruction: Reconstruction;
  readonly latents: readonly LatentStatistics[];
  readonly samples: SampleStatistics;
}

/** Values of images are in [−½, ½). The inverse of a layer that meets what it was never trained on multiplies. */
const FAR_OUT = 10;

/** The values of images in the middle of each pixel's interval, (v + ½)/2^bits − ½, `[N, H, W, C]`. */
export async function dequantised(images: ImageSet, model: Glow): Promise<NdArray> {
  const image = imageArray(readAll(images), images.imageShape, model.options.bits);
  const [x] = await evaluate([model.dequantise(constant(image), constant(0.5))]);
  return { shape: image.shape, data: Float32Array.from(x!.data) };
}

/**
 * Encodes and decodes real images as they are shipped, and decodes as many samples.
 *
 * @param x the values of the images, from `dequantised`
 */
export async function examineModel(
  trained: TrainedModel,
  x: NdArray,
  { seed, ...options }: CompileOptions & { seed: number },
): Promise<ModelExamination> {
  const { model, parameters } = trained;
  const count = x.shape[0]!;
  const images = input('x', x.shape);
  const { latents } = model.encode(images, parametersFrom(parameters));
  const outputs: Record<string, Tensor> = Object.fromEntries(latents.map((latent, i) => [String(i), latent]));
  const encoder = await compile({ inputs: { x: images }, outputs }, options);
  const encoded = await encoder.run({ x });
  await encoder.release();
  const found = latents.map((_, index) => encoded[String(index)]!);
  const decoder = await compileDecoder(trained, options);
  const decoded = await decodeBatch(decoder, found);
  const drawn = model.latentShapes.map((shape, index) => {
    const all = [count, ...shape];
    return { shape: all, data: new RandomStream(seed, 'latents', index).normals(sizeOf(all)) };
  });
  const sampled = await decodeBatch(decoder, drawn);
  await decoder.release();
  const paths = model.stages.flatMap(({ path, stage }) => (stage.latentShape ? [path] : []));
  return {
    reconstruction: compare(decoded, x, model.options.bits),
    latents: found.map(({ data }, index) => ({ layer: paths[index]!, ...momentsOf(data) })),
    samples: { count, explodedShare: explodedShare(sampled, dimensionsOf(model.imageShape)) },
  };
}

function compare(decoded: NdArray['data'], { shape, data }: NdArray, bits: number): Reconstruction {
  const levels = 2 ** bits;
  const pixelOf = (value: number) => Math.min(Math.max(Math.floor((value + 0.5) * levels), 0), levels - 1);
  const dimensions = data.length / shape[0]!;
  let largest = { error: 0, index: 0 };
  let exact = 0;
  data.forEach((value, index) => {
    const error = Math.abs(decoded[index]! - value);
    exact += pixelOf(decoded[index]!) === pixelOf(value) ? 1 : 0;
    if (!(error <= largest.error) && !Number.isNaN(largest.error)) {
      largest = { error, index };
    }
  });
  return {
    images: shape[0]!,
    exactPixelShare: exact / data.length,
    largestError: largest.error,
    largestErrorInGreyLevels: largest.error * levels,
    worstImage: Math.floor(largest.index / dimensions),
  };
}

function momentsOf(data: NdArray['data']): { mean: number; variance: number } {
  let total = 0;
  let squares = 0;
  for (const value of data) {
    total += value;
    squares += value * value;
  }
  const mean = total / data.length;
  return { mean, variance: squares / data.length - mean * mean };
}

function explodedShare(values: NdArray['data'], dimensions: number): number {
  const count = values.length / dimensions;
  let exploded = 0;
  for (let image = 0; image < count; image++) {
    const inside = values
      .subarray(image * dimensions, (image + 1) * dimensions)
      .every((value) => Math.abs(value) <= FAR_OUT);
    exploded += inside ? 0 : 1;
  }
  return exploded / count;
}
