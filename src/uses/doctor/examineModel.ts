import { countDimensions, type NdArray, valueRange } from '../../core/numeric/index.ts';
import { parametersFrom } from '../../flows/contract/index.ts';
import { gaussian } from '../../flows/priors/index.ts';
import { compileDecoder, decodeBatch, FlowModel, type TrainedModel } from '../../model/index.ts';
import { type ConditionArrays, conditionFromArrays } from '../../model/likelihood/index.ts';
import { type CompileOptions, compile, releaseAfter } from '../../tensor/engine/index.ts';
import { input, type Tensor } from '../../tensor/index.ts';
import { compareImages, type ReturnedImages, summariseReturned } from './returnedImages.ts';

/** Real images encoded and decoded again in float32. */
export interface Reconstruction extends ReturnedImages {
  /** The largest error in grey levels: a pixel of b bits has 2^b; null for real numbers. */
  readonly largestErrorInGreyLevels: number | null;
}

/** The latents of real images at one Gaussian prior. */
export interface LatentStatistics extends LatentMoments {
  /** Whether the dataset has more images than were used. */
  readonly estimated: boolean;
}

/** The moments of latents at one prior. */
interface LatentMoments {
  /** The path of the split, or `prior`. */
  readonly layer: string;
  /** Near 0 where the model is trained. */
  readonly mean: number;
  /** At most about 1 where the model is trained. */
  readonly variance: number;
}

/** Images decoded from latents of the prior. */
export interface SampleStatistics {
  /** The number of samples. */
  readonly count: number;
  /** The share with a NaN, or a value beyond 20 times the largest of images: ±10, or of the given images if real numbers. */
  readonly explodedShare: number;
  /** Always: other samples would give another share. */
  readonly estimated: true;
}

/** The measurements of a model as a whole. */
interface ModelExamination {
  readonly reconstruction: Reconstruction;
  readonly latents: readonly LatentMoments[];
  readonly samples: SampleStatistics;
}

/** How often the largest value of images. Inverses amplify inputs unlike those the layer was trained on. */
const FAR_OUT = 20;

/**
 * Encodes and decodes real images as shipped, and decodes the same number of samples.
 *
 * @param x the values of the images, from `dequantised`
 * @param options.condition their condition, also for the samples; empty for a model without one
 */
export async function examineModel(
  trained: TrainedModel,
  x: NdArray,
  { seed, condition, ...options }: CompileOptions & { seed: number; condition: ConditionArrays },
): Promise<ModelExamination> {
  const { model, parameters } = trained;
  const count = x.shape[0]!;
  const images = input('x', x.shape);
  const { latents } = model.encode(images, parametersFrom(parameters), conditionFromArrays(condition));
  const outputs: Record<string, Tensor> = Object.fromEntries(latents.map((latent, i) => [String(i), latent]));
  const encoded = await releaseAfter(async (keep) =>
    keep(await compile({ inputs: { x: images }, outputs }, options)).run({ x }),
  );
  const latentArrays = latents.map((_, index) => encoded[String(index)]!);
  const { decoded, sampled } = await releaseAfter(async (keep) => {
    const decoder = keep(await compileDecoder(trained, options));
    const drawn = await keep(new FlowModel(trained, options)).drawLatents({ count, seed });
    return {
      decoded: await decodeBatch(decoder, latentArrays, condition),
      sampled: await decodeBatch(decoder, drawn, condition),
    };
  });
  const { bits } = model.values;
  const dimensions = countDimensions(model.imageShape);
  // x of integers is in [−½, ½).
  const reach = bits === undefined ? Math.max(...valueRange(x.data).map(Math.abs)) : 0.5;
  const returned = summariseReturned(compareImages(decoded, x.data, { images: count, bits }), dimensions);
  return {
    reconstruction: {
      ...returned,
      largestErrorInGreyLevels: bits === undefined ? null : returned.largestError * 2 ** bits,
    },
    latents: model.priors.flatMap(({ path, base }, index) =>
      // The moments of other distributions need not exist.
      base === gaussian ? [{ layer: path, ...measureMoments(latentArrays[index]!.data) }] : [],
    ),
    samples: { count, explodedShare: explodedShare(sampled, dimensions, FAR_OUT * reach), estimated: true },
  };
}

function measureMoments(data: NdArray['data']): { mean: number; variance: number } {
  let total = 0;
  let squares = 0;
  for (const value of data) {
    total += value;
    squares += value * value;
  }
  const mean = total / data.length;
  return { mean, variance: squares / data.length - mean * mean };
}

function explodedShare(values: NdArray['data'], dimensions: number, limit: number): number {
  const count = values.length / dimensions;
  let exploded = 0;
  for (let image = 0; image < count; image++) {
    const inside = values
      .subarray(image * dimensions, (image + 1) * dimensions)
      .every((value) => Math.abs(value) <= limit);
    exploded += inside ? 0 : 1;
  }
  return exploded / count;
}
