// The invertible 1x1 convolution: one matrix over the channels, shared by all pixels, in three
// parametrisations.

import { type ImageShape, once, orthogonalFactors, randomOrthogonal } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  exp,
  identity,
  inverse,
  logAbs,
  logAbsDet,
  multiply,
  oneHot,
  pointwise,
  product,
  subtract,
  sum,
  transpose,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing } from '../contract/mixing.ts';
import {
  filledParameter,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  type Parameters,
} from '../contract/parameters.ts';

/** How the matrix of a 1x1 convolution is computed from parameters. */
interface Parametrisation {
  readonly parameters: ParameterSpecs;
  /** W `[in, out]`. */
  weight(p: Parameters): Tensor;
  /** W⁻¹. */
  inverseWeight(p: Parameters): Tensor;
  /** ln|det W|. */
  logDet(p: Parameters): Tensor;
  /** The diagonal that determines whether there is an inverse, `[C]`. */
  diagonal?(p: Parameters): Tensor;
}

/**
 * A free 1x1 convolution, y = x·W for every pixel with `weight[in, out]`; ln|det| = H·W·ln|det W|.
 *
 * Initialised as a random orthogonal matrix. Source: Kingma and Dhariwal, Glow (2018).
 */
export function conv1x1(shape: ImageShape): Bijection {
  return parametrised('conv1x1', shape, free(shape[2]));
}

/**
 * A 1x1 convolution with W = P·L·U: P a fixed permutation, `P[i, permutation[i]]` = 1; L unit lower
 * triangular; U the strict upper triangle of `upper` and the diagonal sign·e^logScale, the signs fixed;
 * ln|det| = H·W·Σ logScale.
 *
 * Initialised with the factors of a random orthogonal matrix. Source: Kingma and Dhariwal, Glow (2018).
 */
export function conv1x1Plu(shape: ImageShape): Bijection {
  return parametrised('conv1x1 (PLU)', shape, plu(shape[2]));
}

/**
 * A 1x1 convolution with W = Q₁…Q_C·R: Qᵢ = I − 2·vᵀv/(v·vᵀ) reflects along row i of `reflections`, R is the
 * strict upper triangle of `upper` and `diagonal`; ln|det| = H·W·Σ ln|diagonal|.
 *
 * Initialised with normal reflections and R = I. Source: Hoogeboom et al., Emerging Convolutions (2019).
 */
export function conv1x1Qr(shape: ImageShape): Bijection {
  return parametrised('conv1x1 (QR)', shape, qr(shape[2]));
}

function parametrised(name: string, shape: ImageShape, form: Parametrisation): Bijection {
  const [height, width] = shape;
  return {
    name,
    inputShape: shape,
    outputShape: shape,
    parameters: form.parameters,
    forward: (x, p) => ({
      y: pointwise(x, form.weight(p)),
      logDet: multiply(form.logDet(p), height * width),
    }),
    inverse: (y, p) => pointwise(y, form.inverseWeight(p)),
    factors: (p) => ({ ...(form.diagonal && { diagonal: form.diagonal(p) }), weight: form.weight(p) }),
    maps: (p) => [{ kind: 'matrix', weight: form.weight(p) }],
  };
}

function free(channels: number): Parametrisation {
  return {
    parameters: {
      weight: {
        shape: [channels, channels],
        trained: true,
        initial: (random) => randomOrthogonal(random, channels),
      },
    },
    weight: (p) => p.get('weight'),
    inverseWeight: (p) => inverse(p.get('weight')),
    logDet: (p) => logAbsDet(p.get('weight')),
  };
}

function plu(channels: number): Parametrisation {
  // One random matrix for all factors: they draw it from identical streams.
  const factor = (
    name: keyof ReturnType<typeof orthogonalFactors>,
    spec: Omit<ParameterSpec, 'initial' | 'family'>,
  ): ParameterSpec => ({
    ...spec,
    family: 'factors',
    initial: (random) => orthogonalFactors(random, channels)[name],
  });
  const matrix = [channels, channels];
  const lowerMask = once(() => triangle(channels, (row, column) => row > column));
  const upperMask = once(() => triangle(channels, (row, column) => row < column));
  const lower = (p: Parameters) =>
    add(multiply(p.get('lower'), masked(lowerMask(), matrix)), identity(channels));
  const diagonal = (p: Parameters) => multiply(p.get('sign'), exp(p.get('logScale')));
  const upper = (p: Parameters) =>
    add(multiply(p.get('upper'), masked(upperMask(), matrix)), diagonalMatrix(diagonal(p)));
  const permutation = (p: Parameters) => oneHot(p.get('permutation'), channels);
  return {
    parameters: {
      permutation: factor('permutation', { shape: [channels], trained: false }),
      lower: factor('lower', { shape: matrix, trained: true, mask: lowerMask }),
      upper: factor('upper', { shape: matrix, trained: true, mask: upperMask }),
      logScale: factor('logScale', { shape: [channels], trained: true }),
      sign: factor('sign', { shape: [channels], trained: false }),
    },
    weight: (p) => product(permutation(p), product(lower(p), upper(p))),
    inverseWeight: (p) =>
      product(product(inverse(upper(p)), inverse(lower(p))), permutation(p), { transposeB: true }),
    logDet: (p) => sum(p.get('logScale')),
    diagonal,
  };
}

function qr(channels: number): Parametrisation {
  const matrix = [channels, channels];
  const upperMask = once(() => triangle(channels, (row, column) => row < column));
  /** Q₁…Q_C = I − Vᵀ·T·V, T⁻¹ upper triangular with the strict triangle of V·Vᵀ and half its diagonal. */
  const orthogonal = (p: Parameters): Tensor => {
    const v = p.get('reflections');
    const gram = product(v, v, { transposeB: true });
    const weights = triangle(channels, (row, column) => row <= column).map((on, index) =>
      index % (channels + 1) === 0 ? 0.5 : on,
    );
    const t = inverse(multiply(gram, masked(weights, matrix)));
    return subtract(identity(channels), product(product(v, t, { transposeA: true }), v));
  };
  const triangular = (p: Parameters): Tensor =>
    add(multiply(p.get('upper'), masked(upperMask(), matrix)), diagonalMatrix(p.get('diagonal')));
  return {
    parameters: {
      reflections: normalParameter(matrix, 1),
      upper: { ...filledParameter(matrix, 0), mask: upperMask },
      diagonal: filledParameter([channels], 1),
    },
    weight: (p) => product(orthogonal(p), triangular(p)),
    inverseWeight: (p) => product(inverse(triangular(p)), transpose(orthogonal(p))),
    logDet: (p) => sum(logAbs(p.get('diagonal'))),
    diagonal: (p) => p.get('diagonal'),
  };
}

/** 1 where `inside` holds for the row and column, else 0. */
function triangle(size: number, inside: (row: number, column: number) => boolean): Float64Array {
  return Float64Array.from({ length: size * size }, (_, index) =>
    inside(Math.floor(index / size), index % size) ? 1 : 0,
  );
}

function masked(data: Float64Array, shape: number[]): Tensor {
  return constant({ shape, data });
}

/** A diagonal matrix with a vector as its diagonal. */
function diagonalMatrix(vector: Tensor): Tensor {
  return multiply(identity(vector.shape[0]!), vector);
}

/** The mixing of a 1x1 convolution. */
export const conv1x1Mixing = defineMixing({
  name: '1x1',
  summary: 'A 1x1 convolution.',
  inverse: 'product',
  build: (shape) => ({ conv1x1: conv1x1(shape) }),
});

/** The same in the form P·L·U. */
export const conv1x1PluMixing = defineMixing({
  name: '1x1-plu',
  text: '1x1, as P L U',
  summary: 'A 1x1 convolution whose matrix is a permutation and two triangles.',
  inverse: 'product',
  build: (shape) => ({ conv1x1: conv1x1Plu(shape) }),
});

/** The same in the form Q·R. */
export const conv1x1QrMixing = defineMixing({
  name: '1x1-qr',
  text: '1x1, as Q R',
  summary: 'A 1x1 convolution whose matrix is orthogonal times triangular.',
  inverse: 'product',
  build: (shape) => ({ conv1x1: conv1x1Qr(shape) }),
});
