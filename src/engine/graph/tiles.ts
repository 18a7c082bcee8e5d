// A corner convolution whose pixels are tiles of several pixels of a row.
import { negate } from '../../tensor/operations/elementwise.ts';
import { concatenate, reshape, slice, split, zeros } from '../../tensor/operations/layout.ts';
import { inverse } from '../../tensor/operations/linearAlgebra.ts';
import { product } from '../../tensor/operations/product.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { blockToeplitz, tilesReached } from './blockToeplitz.ts';

/** A corner convolution between tiles, solved for the one at its corner. A tile is a row of a matrix: its pixels, one after another. */
export interface Tiles {
  /** The inverse of the centre tap T₀. */
  readonly centreInverse: Tensor;
  /** The other taps that reach any tile of the image. */
  readonly neighbours: readonly Neighbour[];
}

/** A tap other than the centre. */
interface Neighbour {
  /** How far it reaches up and left, in tiles. */
  readonly down: number;
  readonly right: number;
  /** −Tₙ·T₀⁻¹. */
  readonly weight: Tensor;
}

/** A row of at most so many values is one tile: nothing beside it is waited for. */
const MOST_OF_A_ROW = 256;

/** Above it, the products of a tile with others beside it take longer than the steps that it saves. */
const MOST_VALUES = 64;

/** Above it, the matrices of tiles with few channels take longer to make than they save. */
const MOST_PIXELS = 32;

/** The number of pixels in a tile: the whole row if it is small, else the largest divisor of it within the limits. */
export function tileLength(width: number, channels: number): number {
  const values = width * channels <= MOST_OF_A_ROW ? MOST_OF_A_ROW : MOST_VALUES;
  const most = Math.max(1, Math.min(width, MOST_PIXELS, Math.floor(values / channels)));
  return Array.from({ length: most }, (_, index) => most - index).find((length) => width % length === 0)!;
}

/**
 * The corner convolution y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j] between tiles of `length` pixels.
 * Within a row, the matrix of the convolution is block Toeplitz, and so is its inverse, whose blocks are
 *
 *     G₀ = K₀₀⁻¹,  Gₖ = −Σⱼ Gₖ₋ⱼ·K₀ⱼ·K₀₀⁻¹
 *
 * @param kernel `[side, side, C, C]`, its centre tap (0, 0) invertible
 * @param size of the image, in pixels
 */
export function tilesOf(
  kernel: Tensor,
  dilation: number,
  { height, width, length }: { height: number; width: number; length: number },
): Tiles {
  const [side, , channels] = kernel.shape as [number, number, number, number];
  const placesOf = (right: number): number[] =>
    right % dilation === 0 && right >= 0 && right < side * dilation ? [right / dilation] : [];
  const square = [channels, channels];
  const rowTaps = split(reshape(slice(kernel, 0, 0, 1), [side, ...square]), 0, Array(side).fill(1)).map(
    (tap) => reshape(tap, square),
  );
  const inverses = inverseBlocks(
    inverse(rowTaps[0]!),
    (right) => placesOf(right).map((place) => rowTaps[place]!)[0],
    length,
  );
  const centreInverse = reshape(
    blockToeplitz(reshape(concatenate(inverses, 0), [1, length, ...square]), length, [0], (along) =>
      along >= 0 ? [along] : [],
    ),
    [length * channels, length * channels],
  );
  const reached = tilesReached(0, width / length - 1, length, placesOf);
  const rows = Array.from({ length: side }, (_, row) => row).filter((row) => row * dilation < height);
  const taps = blockToeplitz(slice(kernel, 0, 0, rows.length), length, reached, placesOf);
  const places = rows.flatMap((row) => reached.map((right) => ({ down: row * dilation, right })));
  const neighbours = split(taps, 0, Array(places.length).fill(1)).flatMap((tap, index) => {
    const { down, right } = places[index]!;
    const weight = negate(product(reshape(tap, centreInverse.shape), centreInverse));
    return down > 0 || right > 0 ? [{ down, right, weight }] : [];
  });
  return { centreInverse, neighbours };
}

/** The blocks G of the inverse of a row. */
function inverseBlocks(
  first: Tensor,
  tapAt: (right: number) => Tensor | undefined,
  length: number,
): Tensor[] {
  const blocks = [first];
  const weights = new Map<number, Tensor>();
  for (let right = 1; right < length; right++) {
    const tap = tapAt(right);
    if (tap) {
      weights.set(right, negate(product(tap, first)));
    }
    let block: Tensor | undefined;
    for (const [distance, weight] of weights) {
      block = product(blocks[right - distance]!, weight, { bias: block });
    }
    blocks.push(block ?? zeros(first.shape));
  }
  return blocks;
}
