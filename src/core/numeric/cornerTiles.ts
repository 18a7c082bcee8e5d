// Inverts a corner convolution on the host, one pixel at a time, and the matrices between tiles, runs of neighbouring pixels
// of a row, solved for one of them.

import type { NdArray } from './arrays.ts';
import { decompose, invert } from './linearAlgebra.ts';

/** Where a tile lies that another one depends on. */
export interface TileNeighbour {
  /** How far up, in pixels: a multiple of the dilation. */
  readonly up: number;
  /** How far left, in tiles. */
  readonly left: number;
}

/** How a tile x is laid out, pixel by pixel, for a matrix M: `rows` for x·M, `columns` for M·x. */
export type TileLayout = 'rows' | 'columns';

/** What the tiles of a corner convolution are like. */
export interface TileOptions {
  /** The distance between the kernel's taps. */
  readonly dilation: number;
  /** The pixels of a tile. */
  readonly length: number;
  readonly neighbours: readonly TileNeighbour[];
  readonly layout: TileLayout;
}

/**
 * The inverse of the centre tap T₀ of the corner convolution y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j]
 * between tiles, and −Tₙ·T₀⁻¹ for each neighbour n: `[1 + neighbours, length·C, length·C]`, in float64. NaN if tap (0, 0) of
 * the kernel has no inverse.
 *
 * Within a row, the matrix of the convolution is block Toeplitz, and so is its inverse, whose blocks are
 *
 *     G₀ = K₀₀⁻¹,  Gₖ = −Σⱼ Gₖ₋ⱼ·K₀ⱼ·K₀₀⁻¹
 *
 * @param kernel `[side, side, C, C]`
 */
export function cornerTiles(kernel: NdArray, options: TileOptions): NdArray {
  const { dilation, length, neighbours, layout } = options;
  const [side, , channels] = kernel.shape as [number, number, number, number];
  const area = channels ** 2;
  const values = length * channels;
  const weights = Float64Array.from(kernel.data);
  /** The kernel's tap at a distance to the left, in pixels; undefined where it has none. */
  const tapAt = (row: number, leftOffset: number): Float64Array | undefined => {
    const column = leftOffset / dilation;
    const start = (row * side + column) * area;
    return row < side && Number.isInteger(column) && column >= 0 && column < side
      ? weights.subarray(start, start + area)
      : undefined;
  };
  const inverses = rowInverse((leftOffset) => tapAt(0, leftOffset), length, channels);
  const data = new Float64Array((1 + neighbours.length) * values ** 2);
  /** Stores the block that maps pixel `from` of one tile to pixel `to` of the other. */
  const store = (matrix: number, from: number, to: number, block: Float64Array): void => {
    for (let input = 0; input < channels; input++) {
      for (let output = 0; output < channels; output++) {
        const [row, column] = [from * channels + input, to * channels + output];
        const index = layout === 'rows' ? row * values + column : column * values + row;
        data[matrix * values ** 2 + index] = block[input * channels + output]!;
      }
    }
  };
  for (let from = 0; from < length; from++) {
    for (let to = from; to < length; to++) {
      store(0, from, to, inverses[to - from]!);
    }
  }
  neighbours.forEach(({ up, left: leftOffset }, index) => {
    /** The block of −Tₙ·T₀⁻¹ for a pair of pixels. */
    const pixelPairBlock = (from: number, to: number): Float64Array => {
      const block = new Float64Array(area);
      for (let between = 0; between <= to; between++) {
        const tap = tapAt(up / dilation, leftOffset * length + between - from);
        if (tap) {
          subtractProduct(block, tap, inverses[to - between]!, channels);
        }
      }
      return block;
    };
    // Straight above, both matrices are triangular and block Toeplitz, and so is their product.
    const straight =
      leftOffset === 0 ? Array.from({ length }, (_, distance) => pixelPairBlock(0, distance)) : undefined;
    for (let from = 0; from < length; from++) {
      for (let to = straight ? from : 0; to < length; to++) {
        store(1 + index, from, to, straight ? straight[to - from]! : pixelPairBlock(from, to));
      }
    }
  });
  return { shape: [1 + neighbours.length, values, values], data };
}

/** The blocks G of the inverse of a row. */
function rowInverse(
  tapAt: (leftOffset: number) => Float64Array | undefined,
  length: number,
  channels: number,
): Float64Array[] {
  const first = invert(decompose(tapAt(0)!, channels));
  const blocks = [first];
  // −K₀ⱼ·K₀₀⁻¹, by distance.
  const weights: (Float64Array | undefined)[] = [undefined];
  for (let leftOffset = 1; leftOffset < length; leftOffset++) {
    const tap = tapAt(leftOffset);
    const weight = tap && new Float64Array(channels ** 2);
    if (tap && weight) {
      subtractProduct(weight, tap, first, channels);
    }
    weights.push(weight);
    const block = new Float64Array(channels ** 2);
    weights.forEach((tapWeight, distance) => {
      if (tapWeight) {
        addProduct(block, blocks[leftOffset - distance]!, tapWeight, channels);
      }
    });
    blocks.push(block);
  }
  return blocks;
}

/** sum += a·b for square matrices. */
function addProduct(sum: Float64Array, a: Float64Array, b: Float64Array, size: number): void {
  for (let row = 0; row < size; row++) {
    for (let inner = 0; inner < size; inner++) {
      const value = a[row * size + inner]!;
      for (let column = 0; column < size; column++) {
        sum[row * size + column]! += value * b[inner * size + column]!;
      }
    }
  }
}

/** sum −= a·b. */
function subtractProduct(sum: Float64Array, a: Float64Array, b: Float64Array, size: number): void {
  addProduct(
    sum,
    a.map((value) => -value),
    b,
    size,
  );
}

/**
 * Solves for x in y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j], zero outside the image, by
 * forward substitution in float64: H·W·C values sequentially, each from the pixels above and left of it and
 * the channels of its own pixel that are already solved.
 *
 * @param y `[N, H, W, C]`
 * @param kernel `[side, side, C, C]`; the centre tap (0, 0) must be lower triangular, so that channel o needs
 * the
 *   channels after it, or upper triangular, so that it needs those before it
 */
export function solveCornerSequentially(y: NdArray, kernel: NdArray, dilation: number): NdArray {
  const [images, height, width, channels] = y.shape as [number, number, number, number];
  const side = kernel.shape[0]!;
  const weights = Float64Array.from(kernel.data);
  const area = channels * channels;
  const x = Float64Array.from(y.data);
  const order = channelOrder(weights, channels);
  const taps: { start: number; down: number; right: number }[] = [];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      if (i + j > 0) {
        taps.push({ start: (i * side + j) * area, down: i * dilation, right: j * dilation });
      }
    }
  }
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const pixel = ((image * height + row) * width + column) * channels;
        for (const { start, down, right } of taps) {
          if (row < down || column < right) {
            continue;
          }
          const neighbour = pixel - (down * width + right) * channels;
          for (let input = 0; input < channels; input++) {
            const value = x[neighbour + input]!;
            const from = start + input * channels;
            for (let output = 0; output < channels; output++) {
              x[pixel + output]! -= value * weights[from + output]!;
            }
          }
        }
        for (const input of order) {
          const from = input * channels;
          x[pixel + input]! /= weights[from + input]!;
          const value = x[pixel + input]!;
          for (let output = 0; output < channels; output++) {
            if (output !== input) {
              x[pixel + output]! -= value * weights[from + output]!;
            }
          }
        }
      }
    }
  }
  return { shape: y.shape, data: x };
}

/** The order for solving the channels of a triangular centre tap. */
function channelOrder(weights: Float64Array, channels: number): number[] {
  const ascending = Array.from({ length: channels }, (_, index) => index);
  const isUpper = ascending.every((row) =>
    ascending.slice(0, row).every((column) => weights[row * channels + column] === 0),
  );
  const isLower = ascending.every((row) =>
    ascending.slice(row + 1).every((column) => weights[row * channels + column] === 0),
  );
  if (!isUpper && !isLower) {
    throw new RangeError('the centre tap must be triangular');
  }
  return isUpper ? ascending : ascending.reverse();
}
