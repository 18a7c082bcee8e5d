// The measurements of one layer of a trained model, on the activations that reach it.

import {
  countDimensions,
  countElements,
  countNonFinite,
  type NdArray,
  RandomStream,
  relativeError,
} from '../../core/numeric/index.ts';
import { singularValues } from '../../core/numeric/spectrum.ts';
import { nextTurn, requireMemory } from '../../core/platform/index.ts';
import {
  LARGEST_DENSE,
  LayerMap,
  logDetByDifferences,
  logDetByDirections,
  type NumericLogDet,
} from '../../flows/checks/index.ts';
import {
  type Bijection,
  type Condition,
  type Parameters,
  parametersFrom,
} from '../../flows/contract/index.ts';
import type { PlacedLayer } from '../../flows/models/index.ts';
import type { WorkOptions } from '../../model/index.ts';
import { type CompileOptions, compile, evaluate, releaseAfter } from '../../tensor/engine/index.ts';
import { constantValue, input, type Tensor } from '../../tensor/index.ts';

/** A parameter with non-finite values. */
interface NonFiniteWeights {
  /** The name of the parameter within its layer. */
  readonly parameter: string;
  /** The index of the first one, along each axis. */
  readonly index: readonly number[];
  /** That value: NaN or an infinity. */
  readonly value: number;
  /** How many there are. */
  readonly count: number;
}

/** The measurements of a layer; null if impossible because its weights are not finite, not applicable, or left out. */
export interface LayerExamination {
  /** Its path, such as `levels/0/steps/3/emerging`. */
  readonly layer: string;
  /** The kind of layer. */
  readonly kind: string;
  /** The number of values of one image. */
  readonly dimensions: number;
  /**
   * Whether it was measured on the activations that reach it, or on normal noise because those were not
   * finite.
   */
  readonly input: 'activations' | 'noise';
  /** Its parameters with non-finite values. */
  readonly nonFiniteWeights: readonly NonFiniteWeights[];
  /** The largest |inverse(forward(x)) − x| in float32, over the largest |x|, or 1 if that is smaller. */
  readonly roundTripError: number | null;
  /** |ln|det| − numerical ln|det||, in nats per dimension, in float64. */
  readonly logDetError: number | null;
  /** How the numerical ln|det| was computed. */
  readonly logDetMethod: NumericLogDet['method'] | null;
  /** Whether that is an estimate, from random directions. */
  readonly logDetEstimated: boolean | null;
  /** The uncertainty of the numerical ln|det|, in nats per dimension. */
  readonly logDetUncertainty: number | null;
  /** The largest difference between ln|det| in float32 and in float64, in nats per dimension. */
  readonly logDetRounding: number | null;
  /** The smallest |element| on the diagonals of triangular matrices; without any, the smallest singular value. */
  readonly smallestDiagonal: number | null;
  /** The largest condition number of its matrices. */
  readonly conditionNumber: number | null;
}

/** The largest sound `logDetError`. */
export const LARGEST_LOG_DET_ERROR = 1e-4;

/** How layers are examined. Progress counts them. */
export interface LayerOptions extends CompileOptions, WorkOptions {
  /** The seed of random directions and of noise. */
  readonly seed?: number;
  /** Whether the numerical ln|det| uses the whole Jacobian for images of any size; default false. */
  readonly exact?: boolean;
  /** Whether the numerical ln|det| is left out, which takes most of the time; default false. */
  readonly quick?: boolean;
  /** What the layers are conditioned on, the same for all images: one class, or one context image. */
  readonly condition?: Condition;
  /** Called with each layer's examination when it is done. */
  onLayer?(examination: LayerExamination): void;
}

/**
 * Examines consecutive layers, each on the output of the preceding ones for `x` in float32. If that is not
 * finite, it is replaced by noise, so that one broken layer does not hide those after it.
 *
 * @param parameters the parameters by path, as constants
 * @param x the batch `[N, H, W, C]` that reaches the first layer
 */
export async function examineLayers(
  layers: readonly PlacedLayer[],
  parameters: Readonly<Record<string, Tensor>>,
  x: NdArray,
  {
    signal,
    onProgress,
    seed = 0,
    exact = false,
    quick = false,
    condition = {},
    onLayer,
    ...options
  }: LayerOptions = {},
): Promise<LayerExamination[]> {
  const results: LayerExamination[] = [];
  let reached = x;
  for (const [index, placed] of layers.entries()) {
    signal?.throwIfAborted();
    const { path, bijection, keptChannels } = placed;
    const finite = reached.data.every(Number.isFinite);
    const shape = [x.shape[0]!, ...bijection.inputShape];
    const images = finite
      ? reached
      : {
          shape,
          data: Float32Array.from(new RandomStream(seed, 'noise', path).normals(countElements(shape))),
        };
    const nonFiniteWeights = findNonFinite(placed, parameters);
    const inside = parametersFrom(parameters).at(path);
    const { y, ...measured } = await measure(bijection, inside, images, nonFiniteWeights.length > 0, {
      ...options,
      seed,
      exact,
      quick,
      condition,
    });
    const examination: LayerExamination = {
      layer: path,
      kind: bijection.name,
      dimensions: countDimensions(bijection.inputShape),
      input: finite ? 'activations' : 'noise',
      nonFiniteWeights,
      ...measured,
    };
    results.push(examination);
    onLayer?.(examination);
    reached = keptChannels === undefined ? y : firstChannels(y, keptChannels);
    onProgress?.(index + 1, layers.length);
    // Programs block the event loop; this lets the progress bar update.
    await nextTurn();
  }
  return results;
}

type Measured = Omit<LayerExamination, 'layer' | 'kind' | 'dimensions' | 'input' | 'nonFiniteWeights'>;

async function measure(
  bijection: Bijection,
  parameters: Parameters,
  x: NdArray,
  broken: boolean,
  {
    seed,
    exact,
    quick,
    condition,
    ...options
  }: CompileOptions & Required<Pick<LayerOptions, 'seed' | 'exact' | 'quick' | 'condition'>>,
): Promise<Measured & { y: NdArray }> {
  const images = input('x', x.shape);
  const { y, logDet } = bijection.forward(images, parameters, condition);
  const outputs = { y, logDet, back: bijection.inverse(y, parameters, condition) };
  const result = await releaseAfter(async (keep) =>
    keep(await compile({ inputs: { x: images }, outputs }, options)).run({ x }),
  );
  if (broken) {
    return { y: result.y!, ...unmeasured };
  }
  const dimensions = countDimensions(bijection.inputShape);
  const { precise, numeric } = await releaseAfter(async (keep) => {
    const map = keep(new LayerMap(bijection, parameters, options, condition));
    const precise = await map.forward(Float64Array.from(x.data));
    const first = Float64Array.from(x.data.subarray(0, dimensions));
    const numeric = quick ? null : await numericLogDet(map, first, precise.logDet[0]!, { seed, exact });
    return { precise, numeric };
  });
  const logDets = result.logDet!;
  const describeImage = (image: number) => logDets.data[logDets.shape.length === 0 ? 0 : image]!;
  const rounding = precise.logDet.map((value, image) => difference(describeImage(image), value) / dimensions);
  const conditioning: Conditioning | null = await measureConditioning(bijection, parameters, options);
  return {
    y: result.y!,
    roundTripError: relativeError(result.back!.data, x.data),
    logDetError: numeric && difference(precise.logDet[0]!, numeric.value) / dimensions,
    logDetMethod: numeric?.method ?? null,
    logDetEstimated: numeric && numeric.method === 'directions',
    logDetUncertainty: numeric && numeric.uncertainty / dimensions,
    logDetRounding: rounding.reduce((largest, value) => Math.max(largest, value), 0),
    smallestDiagonal: conditioning?.smallestDiagonal ?? null,
    conditionNumber: conditioning?.conditionNumber ?? null,
  };
}

const unmeasured: Measured = {
  roundTripError: null,
  logDetError: null,
  logDetMethod: null,
  logDetEstimated: null,
  logDetUncertainty: null,
  logDetRounding: null,
  smallestDiagonal: null,
  conditionNumber: null,
};

/** Directions, moved images, outputs, their differences, and the decomposition, in float64. */
const JACOBIAN_COPIES = 6;

/** The number of random directions at first, and if these are not enough to clear a layer. */
const DIRECTIONS = [8, 64];

async function numericLogDet(
  map: LayerMap,
  x: Float64Array,
  logDet: number,
  { seed, exact }: { seed: number; exact: boolean },
): Promise<NumericLogDet> {
  if (exact || map.dimensions <= LARGEST_DENSE) {
    const bytes = JACOBIAN_COPIES * 8 * map.dimensions ** 2;
    requireMemory(`${JACOBIAN_COPIES} copies of the Jacobian of a layer`, bytes, 'leave ln|det| estimated');
    return logDetByDifferences(map, x);
  }
  const allowed = LARGEST_LOG_DET_ERROR * map.dimensions;
  const [few, many] = DIRECTIONS as [number, number];
  const estimate = await logDetByDirections(map, x, { count: few, seed });
  return Math.abs(estimate.value - logDet) <= allowed + estimate.uncertainty
    ? estimate
    : logDetByDirections(map, x, { count: many, seed });
}

/** |a − b|; 0 for two equal infinities. */
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
    return [{ parameter, index: elementIndex(first, shape), value: values[first]!, count }];
  });
}

/** The index of an element along each axis. */
function elementIndex(element: number, shape: readonly number[]): number[] {
  let remaining = element;
  return shape
    .toReversed()
    .map((length) => {
      const index = remaining % length;
      remaining = Math.floor(remaining / length);
      return index;
    })
    .toReversed();
}

function firstChannels({ shape, data }: NdArray, keptChannels: number): NdArray {
  const channels = shape.at(-1)!;
  return {
    shape: [...shape.slice(0, -1), keptChannels],
    data: data.filter((_, index) => index % channels < keptChannels),
  };
}

/** How well conditioned a layer's matrices are. */
interface Conditioning {
  /**
   * The smallest |element| on the diagonals of its triangular and diagonal matrices; without any, the
   * smallest singular value.
   */
  readonly smallestDiagonal: number;
  /** The largest condition number of its matrices: the largest over the smallest singular value. */
  readonly conditionNumber: number;
}

/** Examines the matrices that a layer lists as its `factors`; null if it lists none. */
export async function measureConditioning(
  { factors }: Bijection,
  parameters: Parameters,
  options: Pick<CompileOptions, 'device' | 'threads'>,
): Promise<Conditioning | null> {
  if (!factors) {
    return null;
  }
  const arrays = await evaluate(Object.values(factors(parameters)), options);
  const extremes = arrays.map(findExtremes);
  const diagonals = extremes.flatMap(({ diagonal }) => diagonal ?? []);
  return {
    smallestDiagonal: least(diagonals.length > 0 ? diagonals : extremes.map(({ smallest }) => smallest)),
    conditionNumber: most(extremes.map(({ condition }) => condition)),
  };
}

/** For one matrix or a stack of them. */
interface Extremes {
  /** The smallest singular value. */
  smallest: number;
  /** The smallest |diagonal element|; null unless all matrices are triangular. */
  diagonal: number | null;
  /** The largest condition number. */
  condition: number;
}

function findExtremes({ shape, data }: NdArray): Extremes {
  if (shape.length < 2) {
    const sizes = Array.from(data, Math.abs);
    return { smallest: least(sizes), diagonal: least(sizes), condition: most(sizes) / least(sizes) };
  }
  const size = shape.at(-1)!;
  const matrices = Array.from({ length: countElements(shape) / size ** 2 }, (_, index) =>
    data.subarray(index * size ** 2, (index + 1) * size ** 2),
  );
  const spectra = matrices.map((matrix) => singularValues(matrix, size));
  const diagonals = matrices.flatMap((matrix) =>
    Array.from({ length: size }, (_, index) => Math.abs(matrix[index * size + index]!)),
  );
  return {
    smallest: least(spectra.map(least)),
    diagonal: matrices.every((matrix) => isTriangular(matrix, size)) ? least(diagonals) : null,
    condition: most(spectra.map((values) => most(values) / least(values))),
  };
}

function isTriangular(matrix: ArrayLike<number>, size: number): boolean {
  const zeroWhere = (inside: (row: number, column: number) => boolean) =>
    Array.from(matrix).every(
      (value, index) => value === 0 || !inside(Math.floor(index / size), index % size),
    );
  return zeroWhere((row, column) => row > column) || zeroWhere((row, column) => row < column);
}

// Not Math.min(...values): a NaN must win, and there may be many.
function least(values: ArrayLike<number>): number {
  return Array.from(values).reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function most(values: ArrayLike<number>): number {
  return Array.from(values).reduce((largest, value) => Math.max(largest, value), 0);
}
