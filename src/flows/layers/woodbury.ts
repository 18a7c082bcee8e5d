// Woodbury transformations: the identity plus a product of low rank, over the channels and over the pixels.

import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  identity,
  inverse,
  logAbsDet,
  multiply,
  product,
  reshape,
  subtract,
  transpose,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing } from '../contract/mixing.ts';
import {
  filledParameter,
  normalParameter,
  type ParameterSpecs,
  type Parameters,
} from '../contract/parameters.ts';
import { MOST_CHANNELS } from './sharedOptions.ts';

/** The options of a Woodbury transformation. */
export interface WoodburyOptions {
  /** The rank over the channels, at most their number is used; default 16. */
  readonly channelRank?: number;
  /** The rank over the pixels, the rows and the columns, at most their number is used; default 16. */
  readonly spaceRank?: number;
}

/**
 * A Woodbury transformation of X, an image with a row per pixel and a column per channel,
 *
 *     Y = (I + spaceLeft·spaceRight)·X·(I + channelLeft·channelRight) + bias
 *
 * ln|det| = S·ln|det(I + channelRight·channelLeft)| + C·ln|det(I + spaceRight·spaceLeft)| for S pixels and C channels,
 * determinants of the size of the rank; the inverse is (I + UV)⁻¹ = I − U(I + VU)⁻¹V.
 * Source: Lu and Huang, Woodbury Transformations for Deep Generative Flows (2020).
 *
 * @throws if a rank is not a whole number of 1 or more
 */
export function woodbury(
  shape: ImageShape,
  { channelRank = 16, spaceRank = 16 }: WoodburyOptions = {},
): Bijection {
  const [height, width, channels] = shape;
  const pixels = height * width;
  const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, pixels, channels]);
  const onPixels = (x: Tensor, map: (rows: Tensor) => Tensor): Tensor =>
    reshape(alongAxis(flat(x), 1, map), x.shape);
  return buildWoodbury('woodbury', shape, [
    { ...lowRank('channel', channels, channelRank), times: pixels, apply: onChannels, onRows: asRows },
    { ...lowRank('space', pixels, spaceRank), times: channels, apply: onPixels, onRows: asColumns },
  ]);
}

/**
 * A memory-efficient Woodbury transformation: over the channels as `woodbury`, then the same over the rows and over the
 * columns, y[h] = Σₖ (I + rowLeft·rowRight)[h, k]·x[k], instead of over all pixels.
 *
 * ln|det| = H·W·ln|det channel| + C·W·ln|det row| + C·H·ln|det column|, determinants of the size of the rank.
 * Source: Lu and Huang, Woodbury Transformations for Deep Generative Flows (2020).
 *
 * @throws if a rank is not a whole number of 1 or more
 */
export function woodburyMe(
  shape: ImageShape,
  { channelRank = 16, spaceRank = 16 }: WoodburyOptions = {},
): Bijection {
  const [height, width, channels] = shape;
  return buildWoodbury('woodbury-me', shape, [
    {
      ...lowRank('channel', channels, channelRank),
      times: height * width,
      apply: onChannels,
      onRows: asRows,
    },
    {
      ...lowRank('row', height, spaceRank),
      times: channels * width,
      apply: (x, map) => alongAxis(x, 1, map),
      onRows: asColumns,
    },
    {
      ...lowRank('column', width, spaceRank),
      times: channels * height,
      apply: (x, map) => alongAxis(x, 2, map),
      onRows: asColumns,
    },
  ]);
}

/** The map I + U·V, U and V of low rank. */
interface LowRank {
  readonly name: string;
  readonly parameters: ParameterSpecs;
  /** U `[size, rank]` and V `[rank, size]`. */
  matrices(p: Parameters): { left: Tensor; right: Tensor };
}

/** A map of low rank as part of a transformation. */
interface Part extends LowRank {
  /** How many vectors of an image it maps. */
  readonly times: number;
  /** Applies a map of the rows of a matrix to all vectors of images. */
  apply(x: Tensor, map: (rows: Tensor) => Tensor): Tensor;
  /** A and B such that a vector, as a row v, becomes v·(I + A·B). */
  onRows(matrices: { left: Tensor; right: Tensor }): { first: Tensor; second: Tensor };
}

/** Vectors that are multiplied from the right are rows already. */
const asRows: Part['onRows'] = ({ left: leftMatrix, right }) => ({ first: leftMatrix, second: right });

/** Those that are multiplied from the left are columns: as rows, they take the transposed matrix. */
const asColumns: Part['onRows'] = ({ left: leftMatrix, right }) => ({
  first: transpose(right),
  second: transpose(leftMatrix),
});

/** `nameLeft [size, rank]` and `nameRight [rank, size]`, the rank at most the size. */
function lowRank(name: string, size: number, maxRank: number): LowRank {
  if (!Number.isInteger(maxRank) || maxRank < 1) {
    const option = name === 'channel' ? 'channelRank' : 'spaceRank';
    throw new UserError(
      'invalid-argument',
      `woodbury: ${option} must be a whole number of 1 or more, not ${maxRank}`,
    );
  }
  const rank = Math.min(size, maxRank);
  const [leftName, rightName] = [`${name}Left`, `${name}Right`];
  return {
    name,
    parameters: {
      [leftName]: normalParameter([size, rank], 0.02),
      [rightName]: filledParameter([rank, size], 0),
    },
    matrices: (p) => ({ left: p.get(leftName), right: p.get(rightName) }),
  };
}

/** I + V·U, whose determinant equals det(I + U·V). */
function capacitance({ left: leftMatrix, right }: { left: Tensor; right: Tensor }): Tensor {
  return add(product(right, leftMatrix), identity(right.shape[0]!));
}

function buildWoodbury(name: string, shape: ImageShape, parts: readonly Part[]): Bijection {
  const channels = shape[2];
  return {
    name,
    inputShape: shape,
    outputShape: shape,
    parameters: {
      ...Object.assign({}, ...parts.map(({ parameters }) => parameters)),
      bias: filledParameter([channels], 0),
    },
    forward(x, p) {
      const y = parts.reduce((image, part) => {
        const { first, second } = part.onRows(part.matrices(p));
        return part.apply(image, (rows) => add(rows, product(product(rows, first), second)));
      }, x);
      const logDets = parts.map(({ matrices, times: repeats }) =>
        multiply(logAbsDet(capacitance(matrices(p))), repeats),
      );
      return { y: add(y, p.get('bias')), logDet: logDets.reduce(add) };
    },
    inverse: (y, p) =>
      parts.reduceRight(
        (image, part) => {
          const { first, second } = part.onRows(part.matrices(p));
          // The same identity from the side of the rows: v·(I + AB)⁻¹ = v − v·A·(I + BA)⁻¹·B.
          const solved = product(inverse(add(product(second, first), identity(first.shape[1]!))), second);
          return part.apply(image, (rows) => subtract(rows, product(product(rows, first), solved)));
        },
        subtract(y, p.get('bias')),
      ),
    factors: (p) =>
      Object.fromEntries(parts.map(({ name: part, matrices }) => [part, capacitance(matrices(p))])),
  };
}

/** Maps the channels of every pixel. */
function onChannels(x: Tensor, map: (rows: Tensor) => Tensor): Tensor {
  return alongAxis(x, x.rank - 1, map);
}

/** Maps the vectors along an axis, as the rows of a matrix. */
function alongAxis(x: Tensor, axis: number, map: (rows: Tensor) => Tensor): Tensor {
  const order = x.shape.map((_, index) => index);
  const last = order.length - 1;
  const swapped = order.with(axis, last).with(last, axis);
  const turned = axis === last ? x : transpose(x, swapped);
  const length = turned.shape[last]!;
  const rows = turned.shape.slice(0, last).reduce((rowCount, sideLength) => rowCount * sideLength, 1);
  const mapped = reshape(map(reshape(turned, [rows, length])), turned.shape);
  return axis === last ? mapped : transpose(mapped, swapped);
}

const rankOptions = {
  channelRank: option('Rank over channels.', wholeNumber(1, MOST_CHANNELS), 16),
  spaceRank: option('Rank over pixels, or over rows and columns.', wholeNumber(1, MOST_CHANNELS), 16),
};

/** The mixing of a Woodbury transformation. */
export const woodburyMixing = defineMixing({
  name: 'woodbury',
  text: 'Woodbury',
  summary: 'A Woodbury transformation over channels and pixels.',
  inverse: 'low-rank',
  options: rankOptions,
  build: (shape, options) => ({ woodbury: woodbury(shape, options) }),
});

/** The mixing of its memory-efficient form. */
export const woodburyMeMixing = defineMixing({
  name: 'woodbury-me',
  text: 'Woodbury, rows, columns',
  summary: 'A Woodbury transformation over channels, rows and columns.',
  inverse: 'low-rank',
  options: rankOptions,
  build: (shape, options) => ({ woodbury: woodburyMe(shape, options) }),
});
