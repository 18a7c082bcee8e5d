// Butterfly matrices: all values of an image mixed in pairs, at distances that double.

import { countDimensions, type ImageShape, once } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  divide,
  flip,
  logAbs,
  multiply,
  negate,
  pad,
  reorder,
  reshape,
  slice,
  split,
  subtract,
  sum,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing } from '../contract/mixing.ts';
import { filledParameter, type ParameterSpec } from '../contract/parameters.ts';

/**
 * A butterfly matrix over all n = H·W·C values of an image, in storage order: y = x·B₀·B₁·… + bias.
 *
 * The factor of distance s, for s = 1, 2, 4, … below n, mixes the values j and j + s in pairs,
 *
 *     (yⱼ, yⱼ₊ₛ) = (xⱼ, xⱼ₊ₛ)·M,  ⌊j/s⌋ even,
 *
 * with a matrix M, `[2, 2]`, for each pair. Small distances mix channels, larger ones columns and then rows: if n is a power
 * of two, log₂ n factors of 2n numbers let every value depend on every other. If it is not, a value without a partner is
 * left unchanged, and some values do not meet. ln|det| = Σ ln|det M|, and the inverse of a factor has the inverse of each M.
 *
 * Initialised with every M near the identity. Source: Meng and others, ButterflyFlow (2022), which also has a form with
 * small matrices in place of the numbers.
 */
export function butterfly(shape: ImageShape): Bijection {
  const [height, width, channels] = shape;
  const values = countDimensions(shape);
  const factors = createFactors(values);
  const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, values]);
  const image = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, height, width, channels]);
  return {
    name: 'butterfly',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      ...Object.fromEntries(factors.map(({ name, spec }) => [name, spec])),
      bias: filledParameter([channels], 0),
    },
    forward(x, p) {
      const y = factors.reduce(
        (row, factor) => factor.apply(row, matrixEntries(p.get(factor.name))),
        flat(x),
      );
      const logDets = factors.map(({ name }) => sum(logAbs(pairDeterminant(matrixEntries(p.get(name))))));
      return { y: add(image(y), p.get('bias')), logDet: logDets.reduce(add, constant(0)) };
    },
    inverse(y, p) {
      const shifted = flat(subtract(y, p.get('bias')));
      return image(
        factors.reduceRight(
          (row, factor) => factor.apply(row, invertEntries(matrixEntries(p.get(factor.name)))),
          shifted,
        ),
      );
    },
    factors: (p) => Object.fromEntries(factors.map(({ name }) => [name, p.get(name)])),
  };
}

/** The entries of the matrices of all pairs, `[pairs]` each: [[a, b], [c, d]]. */
interface Entries {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  readonly d: Tensor;
}

function matrixEntries(matrices: Tensor): Entries {
  const pairs = matrices.shape[0]!;
  const [a, b, c, d] = split(reshape(matrices, [pairs, 4]), 1, [1, 1, 1, 1]);
  const vector = (column: Tensor): Tensor => reshape(column, [pairs]);
  return { a: vector(a), b: vector(b), c: vector(c), d: vector(d) };
}

function pairDeterminant({ a, b, c, d }: Entries): Tensor {
  return subtract(multiply(a, d), multiply(b, c));
}

function invertEntries(entries: Entries): Entries {
  const { a, b, c, d } = entries;
  const determinant = pairDeterminant(entries);
  return {
    a: divide(d, determinant),
    b: negate(divide(b, determinant)),
    c: negate(divide(c, determinant)),
    d: divide(a, determinant),
  };
}

/** The factor of one distance. */
interface Factor {
  readonly name: string;
  readonly spec: ParameterSpec;
  /** Multiplies rows `[N, n]` by the factor with these matrices. */
  apply(rows: Tensor, entries: Entries): Tensor;
}

function createFactors(values: number): Factor[] {
  const factors: Factor[] = [];
  for (let distance = 1; distance < values; distance *= 2) {
    factors.push(factor(`factor${factors.length}`, values, distance));
  }
  return factors;
}

function factor(name: string, values: number, distance: number): Factor {
  const period = 2 * distance;
  const pairs = Math.floor(values / period) * distance + Math.max(0, (values % period) - distance);
  const alone = values - 2 * pairs;
  const places = once(() => pairIndices(values, distance, pairs));
  /** One number for every value. */
  const inPlace = (first: Tensor, second: Tensor, fill: number): Tensor => {
    const unpaired =
      alone === 0 ? [] : [constant({ shape: [alone], data: new Float64Array(alone).fill(fill) })];
    return reorder(concatenate([first, second, ...unpaired], 0), 0, places());
  };
  const padded = Math.ceil(values / period) * period;
  /** Every value in the place of its partner. */
  const partners = (rows: Tensor): Tensor => {
    const batch = rows.shape[0]!;
    const paddedRows = pad(rows, 1, 0, padded - values);
    const swapped = flip(reshape(paddedRows, [batch, padded / period, 2, distance]), 2);
    return slice(reshape(swapped, [batch, padded]), 1, 0, values);
  };
  return {
    name,
    spec: {
      shape: [pairs, 2, 2],
      trained: true,
      initial: (random) =>
        random
          .normals(4 * pairs)
          .map((value, index) => 0.02 * value + (index % 4 === 0 || index % 4 === 3 ? 1 : 0)),
    },
    apply: (rows, { a, b, c, d }) =>
      add(multiply(rows, inPlace(a, d, 1)), multiply(partners(rows), inPlace(c, b, 0))),
  };
}

/** Where each value's number is in the concatenation of first values, second values and unpaired values. */
function pairIndices(values: number, distance: number, pairs: number): number[] {
  const places = new Array<number>(values);
  let pair = 0;
  let alone = 2 * pairs;
  for (let value = 0; value < values; value++) {
    if (Math.floor(value / distance) % 2 === 0 && value + distance < values) {
      places[value] = pair;
      places[value + distance] = pairs + pair;
      pair++;
    }
    places[value] ??= alone++;
  }
  return places;
}

/** The mixing of butterfly matrices. */
export const butterflyMixing = defineMixing({
  name: 'butterfly',
  text: 'butterfly matrices',
  summary: 'Butterfly matrices over all values of an image.',
  inverse: 'factors',
  build: (shape) => ({ butterfly: butterfly(shape) }),
});
