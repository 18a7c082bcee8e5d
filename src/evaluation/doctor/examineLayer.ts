// What can be measured of one layer of a trained model, on the images that reach it.
import { type CompileOptions, compile } from '../../engine/program.ts';
import { type Parameters, parametersFrom } from '../../flows/parameters.ts';
import type { PlacedLayer } from '../../models/layers.ts';
import { countNonFinite, relativeError } from '../../numeric/compare.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../../numeric/ndarray.ts';
import { RandomStream } from '../../numeric/random.ts';
import { nextTurn } from '../../platform/eventLoop.node.ts';
import { constantValue, input, type Tensor } from '../../tensor/tensor.ts';
import {
  LARGEST_DENSE,
  logDetByDifferences,
  logDetByDirections,
  type NumericLogDet,
} from '../bijections/jacobian.ts';
import { LayerMap } from '../bijections/layerMap.ts';
import { type Conditioning, conditioningOf } from './conditioning.ts';
import { limitOf } from './limits.ts';

/** A parameter with values that are not finite. */
export interface NonFiniteWeights {
  /** The name of the parameter within its layer. */
  readonly parameter: string;
  /** Where the first of them is, along each axis. */
  readonly index: readonly number[];
  /** That value: NaN or an infinity. */
  readonly value: number;
  /** How many there are. */
  readonly count: number;
}

/** What was measured of a layer; null is what could not be, because its weights are not finite, or has no meaning. */
export interface LayerExamination {
  /** Its path, such as `levels/0/steps/3/emerging`. */
  readonly layer: string;
  /** The field's word for it. */
  readonly kind: string;
  /** The values of one image. */
  readonly dimensions: number;
  /** Whether it was measured on what reaches it, or on normal noise because that was not finite any more. */
  readonly input: 'activations' | 'noise';
  /** Its weights that are not finite. */
  readonly nonFiniteWeights: readonly NonFiniteWeights[];
  /** The largest |inverse(forward(x)) − x| in float32, over the largest |x|, or 1 if that is smaller. */
  readonly roundTripError: number | null;
  /** |ln|det| − a numerical one|, in nats per dimension, in float64. */
  readonly logDetError: number | null;
  /** How the numerical one was found. */
  readonly logDetMethod: NumericLogDet['method'] | null;
  /** How far the numerical one may be off, in nats per dimension. */
  readonly logDetUncertainty: number | null;
  /** The largest difference between ln|det| in float32 and in float64, in nats per dimension. */
  readonly logDetRounding: number | null;
  /** The smallest |element| on the diagonals of triangular matrices; without any, the smallest singular value. */
  readonly smallestDiagonal: number | null;
  /** The largest condition number of its matrices. */
  readonly conditionNumber: number | null;
}

/** How layers are examined. */
export interface LayerOptions extends CompileOptions {
  /** The seed of random directions and of noise. */
  readonly seed?: number;
  /** Called after each layer with the number that is done. */
  onLayer?(done: number): void;
}

/**
 * Examines layers that follow one another, each on what the ones before it make of `x` in float32. Where that is not
 * finite, noise takes its place, so that one broken layer hides none of those behind it.
 *
 * @param parameters the parameters by path, as constants
 * @param x the batch `[N, H, W, C]` that reaches the first layer
 */
export async function examineLayers(
  layers: readonly PlacedLayer[],
  parameters: Readonly<Record<string, Tensor>>,
  x: NdArray,
  { onLayer, seed = 0, ...options }: LayerOptions = {},
): Promise<LayerExamination[]> {
  const results: LayerExamination[] = [];
  let reached = x;
  for (const [index, placed] of layers.entries()) {
    const { path, bijection, keptChannels } = placed;
    const finite = reached.data.every(Number.isFinite);
    const shape = [x.shape[0]!, ...bijection.inputShape];
    const images = finite
      ? reached
      : { shape, data: Float32Array.from(new RandomStream(seed, 'noise', path).normals(sizeOf(shape))) };
    const nonFiniteWeights = findNonFinite(placed, parameters);
    const inside = parametersFrom(parameters).at(path);
    const { y, ...measured } = await measure(placed, inside, images, nonFiniteWeights.length > 0, {
      ...options,
      seed,
    });
    results.push({
      layer: path,
      kind: bijection.name,
      dimensions: dimensionsOf(bijection.inputShape),
      input: finite ? 'activations' : 'noise',
      nonFiniteWeights,
      ...measured,
    });
    reached = keptChannels === undefined ? y : firstChannels(y, keptChannels);
    onLayer?.(index + 1);
    // Programs block the event loop, and a bar should move.
    await nextTurn();
  }
  return results;
}

type Measured = Omit<LayerExamination, 'layer' | 'kind' | 'dimensions' | 'input' | 'nonFiniteWeights'>;

async function measure(
  { bijection }: PlacedLayer,
  parameters: Parameters,
  x: NdArray,
  broken: boolean,
  { seed, ...options }: CompileOptions & { seed: number },
): Promise<Measured & { y: NdArray }> {
  const images = input('x', x.shape);
  const { y, logDet } = bijection.forward(images, parameters);
  const outputs = { y, logDet, back: bijection.inverse(y, parameters) };
  const program = await compile({ inputs: { x: images }, outputs }, options);
  const found = await program.run({ x });
  await program.release();
  if (broken) {
    return { y: found.y!, ...unmeasured };
  }
  const dimensions = dimensionsOf(bijection.inputShape);
  const map = new LayerMap(bijection, parameters, options);
  const exact = await map.forward(Float64Array.from(x.data));
  const said = found.logDet!;
  const saidOf = (image: number) => said.data[said.shape.length === 0 ? 0 : image]!;
  const rounding = exact.logDet.map((value, image) => difference(saidOf(image), value) / dimensions);
  const first = Float64Array.from(x.data.subarray(0, dimensions));
  const numeric = await numericLogDet(map, first, exact.logDet[0]!, seed);
  await map.release();
  const conditioning: Conditioning | null = await conditioningOf(bijection, parameters, options.threads);
  return {
    y: found.y!,
    roundTripError: relativeError(found.back!.data, x.data),
    logDetError: difference(exact.logDet[0]!, numeric.value) / dimensions,
    logDetMethod: numeric.method,
    logDetUncertainty: numeric.uncertainty / dimensions,
    logDetRounding: rounding.reduce((most, value) => Math.max(most, value), 0),
    smallestDiagonal: conditioning?.smallestDiagonal ?? null,
    conditionNumber: conditioning?.conditionNumber ?? null,
  };
}

const unmeasured: Measured = {
  roundTripError: null,
  logDetError: null,
  logDetMethod: null,
  logDetUncertainty: null,
  logDetRounding: null,
  smallestDiagonal: null,
  conditionNumber: null,
};

/** Random directions at first, and when these are not enough to clear a layer. */
const DIRECTIONS = [8, 64];

async function numericLogDet(
  map: LayerMap,
  x: Float64Array,
  said: number,
  seed: number,
): Promise<NumericLogDet> {
  if (map.dimensions <= LARGEST_DENSE) {
    return logDetByDifferences(map, x);
  }
  const allowed = limitOf('logDetError').problem! * map.dimensions;
  const [few, many] = DIRECTIONS as [number, number];
  const estimate = await logDetByDirections(map, x, { count: few, seed });
  return Math.abs(estimate.value - said) <= allowed + estimate.uncertainty
    ? estimate
    : logDetByDirections(map, x, { count: many, seed });
}

/** |a − b|; two equal infinities do not differ. */
function difference(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b);
}

function findNonFinite(
  { path, bijection }: PlacedLayer,
  parameters: Readonly<Record<string, Tensor>>,
): NonFiniteWeights[] {
  return Object.keys(bijection.parameters).flatMap((parameter) => {
    const { shape, data } = constantValue(parameters[`${path}/${parameter}`]!)!;
    const values = Array.from(data);
    const first = values.findIndex((value) => !Number.isFinite(value));
    if (first < 0) {
      return [];
    }
    const count = countNonFinite(values);
    return [{ parameter, index: indexOf(first, shape), value: values[first]!, count }];
  });
}

/** The place of an element along each axis. */
function indexOf(element: number, shape: readonly number[]): number[] {
  let rest = element;
  return shape
    .toReversed()
    .map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index;
    })
    .toReversed();
}

function firstChannels({ shape, data }: NdArray, kept: number): NdArray {
  const channels = shape.at(-1)!;
  return {
    shape: [...shape.slice(0, -1), kept],
    data: data.filter((_, index) => index % channels < kept),
  };
}
