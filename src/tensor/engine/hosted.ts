// Computations on the host in float64, between sessions: determinants and inverses of small matrices, the matrices of
// a corner convolution between tiles, and its sequential inverse.
//
// ONNX Runtime has Det in float32 only, where it underflows and overflows, and neither Det nor Inverse on a
// GPU. The matrices are weights, at most a few hundred wide, so the host is exact and fast enough.
import {
  type ComplexInverses,
  cornerTiles,
  decompose,
  invert,
  invertComplexMatrices,
  type LuDecomposition,
  logAbsPivotProduct,
  type NdArray,
  solveCornerSequentially,
  type TileOptions,
} from '../../core/numeric/index.ts';
import type { CornerOptions } from '../operations/solveCorner.ts';
import type { Tensor } from '../tensor.ts';

/** Computes a tensor from the values of its inputs. */
type Hosted<A = unknown> = (inputs: readonly NdArray[], attributes: A) => NdArray;

/**
 * The determinant and the inverse of a matrix need the same decomposition: it is computed once if both
 * receive the same array.
 */
const decompositionCache = new WeakMap<NdArray, LuDecomposition[]>();

function luDecompositions(w: NdArray): LuDecomposition[] {
  let decompositions = decompositionCache.get(w);
  if (!decompositions) {
    const size = w.shape.at(-1)!;
    const area = size * size;
    decompositions = Array.from({ length: w.data.length / area }, (_, index) =>
      decompose(w.data.subarray(index * area, (index + 1) * area), size),
    );
    decompositionCache.set(w, decompositions);
  }
  return decompositions;
}

/** The same for complex matrices, whose inverse and determinant come from one elimination. */
const knownComplex = new WeakMap<NdArray, ComplexInverses>();

function invertComplex(w: NdArray): ComplexInverses {
  const inverses = knownComplex.get(w) ?? invertComplexMatrices(w.data, w.shape.at(-1)!);
  knownComplex.set(w, inverses);
  return inverses;
}

const logAbsDet: Hosted = ([w]) => ({
  shape: w!.shape.slice(0, -2),
  data: Float64Array.from(luDecompositions(w!), logAbsPivotProduct),
});

const inverse: Hosted = ([w]) => {
  const data = new Float64Array(w!.data.length);
  luDecompositions(w!).forEach((decomposition, index) => {
    data.set(invert(decomposition), index * decomposition.size ** 2);
  });
  return { shape: w!.shape, data };
};

const complexLogAbsDet: Hosted = ([w]) => ({
  shape: w!.shape.slice(1, -2),
  data: invertComplex(w!).logAbsDets,
});

const complexInverse: Hosted = ([w]) => ({ shape: w!.shape, data: invertComplex(w!).inverses });

const tilesOfCorner: Hosted<TileOptions> = ([kernel], options) => cornerTiles(kernel!, options);

const solveCorner: Hosted<CornerOptions> = ([y, kernel], { dilation, mirrored }) =>
  mirrored
    ? turned(solveCornerSequentially(turned(y!), kernel!, dilation))
    : solveCornerSequentially(y!, kernel!, dilation);

/** Images `[N, H, W, C]` turned by 180°: their pixels in reverse order. */
function turned({ shape, data }: NdArray): NdArray {
  const [images, height, width, channels] = shape as [number, number, number, number];
  const pixels = height * width;
  const out = new Float64Array(data.length);
  for (let image = 0; image < images; image++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const from = (image * pixels + pixel) * channels;
      const to = (image * pixels + pixels - 1 - pixel) * channels;
      for (let channel = 0; channel < channels; channel++) {
        out[to + channel] = data[from + channel]!;
      }
    }
  }
  return { shape, data: out };
}

const hosted: Readonly<Record<string, Hosted<never>>> = {
  complexInverse,
  complexLogAbsDet,
  cornerTiles: tilesOfCorner,
  inverse,
  logAbsDet,
  solveCorner,
};

/** Whether the host computes a tensor. */
export function isHosted({ operation }: Tensor): boolean {
  return operation.name in hosted;
}

/** The value of a tensor that the host computes. */
export function hostedValue({ operation, attributes }: Tensor, inputs: readonly NdArray[]): NdArray {
  return hosted[operation.name]!(inputs, attributes as never);
}
