// The dequantisation noise of a model that comes from a flow: its layers, its density, and whether pixels stay.

import { countDimensions, type NdArray, RandomStream, valueRange } from '../../core/numeric/index.ts';
import { type ImageSet, readAll } from '../../data/contract/index.ts';
import { type Condition, parametersFrom } from '../../flows/contract/index.ts';
import { type Flow, listNoiseLayers } from '../../flows/models/index.ts';
import type { TrainedModel } from '../../model/index.ts';
import { imageArray } from '../../model/likelihood/index.ts';
import {
  type CompileOptions,
  compile,
  onCpu,
  type Precision,
  releaseAfter,
} from '../../tensor/engine/index.ts';
import { constant, input, type Tensor } from '../../tensor/index.ts';
import { add, multiply, subtract } from '../../tensor/operations/index.ts';
import { examineLayers, type LayerOptions } from './examineLayer.ts';

/** The noise of real images. */
export interface NoiseStatistics {
  /** The smallest u; at least 0. */
  readonly smallest: number;
  /** The largest u; below 1. */
  readonly largest: number;
  /** The share of the values v + u, in float32, that are not in the pixel v. */
  readonly outsideShare: number;
  /**
   * The largest difference, in nats per dimension, between ln q(u | v) as the likelihood has it, in float32, and
   * ln N(ε) − Σ ln|det| of the layers, in float64.
   */
  readonly densityError: number;
}

/**
 * Examines the noise of images; null for a model whose noise is uniform.
 *
 * The layers are measured like the model's, but on draws for the first image only, and in float64: near 0 and 1 a sigmoid
 * loses the float32 digits that its inverse needs, and the program never inverts these layers. The noise itself is
 * measured on all images, in float32.
 */
export async function examineNoise(
  { model, parameters }: TrainedModel,
  images: ImageSet,
  { seed = 0, ...options }: LayerOptions,
): Promise<NoiseStatistics | null> {
  if (!model.dequantiser.flow) {
    return null;
  }
  const image = imageArray(readAll(images), model.imageShape, model.values);
  const noise = { shape: image.shape, data: new Float32Array(image.data.length) };
  model.dequantiser.draw(new RandomStream(seed, 'doctor noise'), noise.data);
  const first = {
    shape: [1, ...model.imageShape],
    data: image.data.subarray(0, countDimensions(model.imageShape)),
  };
  await examineLayers(listNoiseLayers(model), parameters, double(noise), {
    ...onCpu(options),
    condition: conditionFor(model, first),
    seed,
    precision: 'float64',
  });
  const drawn = { image, noise, parameters };
  const [rough, precise] = [
    await noiseIn('float32', model, drawn, options),
    await noiseIn('float64', model, drawn, options),
  ];
  const dimensions = countDimensions(model.imageShape);
  const logNormal = Array.from({ length: image.shape[0]! }, (_, index) =>
    noise.data
      .subarray(index * dimensions, (index + 1) * dimensions)
      .reduce((total, e) => total - 0.5 * (Math.log(2 * Math.PI) + e * e), 0),
  );
  const errors = logNormal.map(
    (value, index) => Math.abs(rough.logDensity[index]! - (value - precise.logDet[index]!)) / dimensions,
  );
  const [smallest, largest] = valueRange(rough.u);
  const outside = rough.u.filter(
    (u, index) => !(u >= 0 && u < 1) || rough.returned[index] !== image.data[index],
  );
  return {
    smallest,
    largest,
    outsideShare: outside.length / rough.u.length,
    // A NaN must win, which Math.max sees to.
    densityError: Math.max(...errors),
  };
}

/** How many layers `examineNoise` examines. */
export function countNoiseLayers(model: Flow): number {
  return listNoiseLayers(model).length;
}

/** The condition of the noise's layers for integer images. */
function conditionFor({ dequantiser, values: { bits = 8 } }: Flow, { shape, data }: NdArray): Condition {
  const values = constant({ shape, data: data.map((value) => value * 2 ** -bits - 0.5) });
  return dequantiser.condition?.(values) ?? {};
}

/** u of images, its log-density, Σ ln|det| of the layers, and the pixels that v + u is in. */
async function noiseIn(
  precision: Precision,
  model: Flow,
  { image, noise, parameters }: { image: NdArray; noise: NdArray; parameters: TrainedModel['parameters'] },
  options: CompileOptions,
): Promise<Readonly<Record<'u' | 'logDensity' | 'logDet' | 'returned', NdArray['data']>>> {
  const { bits = 8 } = model.values;
  const [v, drawn] = [input('image', image.shape), input('noise', noise.shape)];
  const p = parametersFrom(parameters);
  const { u, logDensity } = model.dequantisationNoise(v, drawn, p);
  const values = subtract(multiply(v, 2 ** -bits), 0.5);
  let z = drawn;
  let logDet: Tensor = constant(0);
  const condition = model.dequantiser.condition?.(values);
  for (const { path, bijection } of listNoiseLayers(model)) {
    const result = bijection.forward(z, p.at(path), condition);
    z = result.y;
    logDet = add(logDet, result.logDet);
  }
  const outputs = { u, logDensity: logDensity!, logDet, x: model.dequantise(v, u) };
  return releaseAfter(async (keep) => {
    const how = precision === 'float64' ? onCpu(options) : options;
    const program = keep(
      await compile({ inputs: { image: v, noise: drawn }, outputs }, { ...how, precision }),
    );
    const result = await program.run(
      precision === 'float64' ? { image: double(image), noise: double(noise) } : { image, noise },
    );
    // Round as a decoder does, in the same precision.
    const returned = result.x!.data.map((value) => Math.floor((value + 0.5) * 2 ** bits));
    return { u: result.u!.data, logDensity: result.logDensity!.data, logDet: result.logDet!.data, returned };
  });
}

function double({ shape, data }: NdArray): NdArray {
  return { shape, data: Float64Array.from(data) };
}
