// Inverts a corner convolution as a wavefront over anti-diagonals.
import {
  concatenate,
  invertPermutation,
  pad,
  reorder,
  reshape,
  slice,
  split,
  transpose,
} from '../../operations/layout.ts';
import { product } from '../../operations/linearAlgebra.ts';
import type { CornerOptions } from '../../operations/solveCorner.ts';
import type { Tensor } from '../../tensor.ts';
import { rowShape } from './convolutions.ts';
import { convolveTiles, type Tiles, tileLength } from './tiles.ts';

/**
 * Solves for x in y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j], zero outside the image.
 *
 * A tile of pixels depends only on tiles above and to the left of it, so all tiles of an anti-diagonal h + w = t
 * are computed at once from the diagonals before. With the taps T of the convolution between tiles,
 *
 *     x = y·T₀⁻¹ − Σₙ neighbourₙ·(Tₙ·T₀⁻¹)
 *
 * H + W − 1 products with tiles of one pixel instead of H·W·C steps, H with tiles that are whole rows.
 *
 * @param y `[N, H, W, C]`
 * @param kernel `[side, side, C, C]`, its centre tap (0, 0) invertible
 * @param length the pixels of a tile, a divisor of W
 */
export function solveByDiagonals(
  y: Tensor,
  kernel: Tensor,
  dilation: number,
  length = tileLength(y.shape[2]!, y.shape[3]!),
): Tensor {
  const [batch, height, width, channels] = y.shape as [number, number, number, number];
  const tiles = convolveTiles(kernel, dilation, { height, width, length, layout: 'rows' });
  const grid = reshape(y, [batch, height, width / length, length * channels]);
  return reshape(length === width ? solveRows(grid, tiles) : solveGrid(grid, tiles), y.shape);
}

/** Tiles that are whole rows, from top to bottom. */
function solveRows(y: Tensor, { centreInverse, neighbours }: Tiles): Tensor {
  const [batch, height, , values] = y.shape as [number, number, number, number];
  const scaled = reshape(product(reshape(y, rowShape(y)), centreInverse), [batch, height * values]);
  const solved = solvedDownwards(
    split(scaled, 1, Array(height).fill(values)),
    neighbours,
    (row, weight, bias) => product(row, weight, { bias }),
  );
  return reshape(concatenate(solved, 1), y.shape);
}

/**
 * `solveByDiagonals` for images with the batch last, `[C, H, W, N]`, in tiles that are whole rows; with `mirrored` for images
 * turned by 180°. A tile is a column of values, pixel by pixel, so that sums begin with the pixels that are farthest away and
 * weigh least, which keeps rounding errors small.
 */
export function solveRowsBatchLast(y: Tensor, kernel: Tensor, { dilation, mirrored }: CornerOptions): Tensor {
  const [channels, height, width, images] = y.shape as [number, number, number, number];
  const tiles = convolveTiles(kernel, dilation, { height, width, length: width, layout: 'columns' });
  const pixels = height * width;
  const order = Array.from({ length: pixels * channels }, (_, index) => {
    const pixel = Math.floor(index / channels);
    return (index % channels) * pixels + (mirrored ? pixels - 1 - pixel : pixel);
  });
  const values = reorder(reshape(y, [channels * pixels, images]), 0, order);
  const scaledRows = split(values, 0, Array(height).fill(width * channels)).map((row) =>
    product(tiles.centreInverse, row),
  );
  const solved = solvedDownwards(scaledRows, tiles.neighbours, (row, weight, bias) =>
    product(weight, row, { bias }),
  );
  return reshape(reorder(concatenate(solved, 0), 0, invertPermutation(order)), y.shape);
}

/** The rows of an image from top to bottom: each is what is given of it, with `add` of every solved one that it depends on. */
function solvedDownwards(
  rows: readonly Tensor[],
  neighbours: readonly { readonly up: number; readonly weight: Tensor }[],
  add: (row: Tensor, weight: Tensor, sum: Tensor) => Tensor,
): Tensor[] {
  const solved: Tensor[] = [];
  for (const rightHandSide of rows) {
    const above = neighbours.flatMap(({ up, weight }) => {
      const row = solved[solved.length - up];
      return row ? [{ row, weight }] : [];
    });
    solved.push(above.reduce((sum, { row, weight }) => add(row, weight, sum), rightHandSide));
  }
  return solved;
}

/** Several tiles in a row, along anti-diagonals. */
function solveGrid(y: Tensor, { centreInverse, neighbours }: Tiles): Tensor {
  const [batch, height, width, channels] = y.shape as [number, number, number, number];
  const diagonals = listDiagonals(height, width);
  const order = diagonals.flatMap(({ pixels }) => pixels);
  const scaled = product(reshape(y, rowShape(y)), centreInverse);
  // Pixels first and images second, so that the pixels of a diagonal, for all images, are contiguous in
  // memory.
  const pixels = transpose(reshape(scaled, [batch, height * width, channels]), [1, 0, 2]);
  const scaledDiagonals = split(
    reorder(pixels, 0, order),
    0,
    diagonals.map((diagonal) => diagonal.pixels.length),
  );
  /** By the indices of the neighbours that they are of. */
  const weights = new Map<string, Tensor>();
  const solved: Tensor[] = [];
  diagonals.forEach((diagonal, t) => {
    const seen = neighbours.flatMap(({ up, left: tilesAway }, index) => {
      const source = diagonals[t - up - tilesAway];
      const part = source && shifted(solved[t - up - tilesAway]!, source, diagonal, up);
      return part ? [{ part, index }] : [];
    });
    const column = scaledDiagonals[t]!;
    if (seen.length === 0) {
      solved.push(column);
      return;
    }
    const rows = column.shape[0]! * batch;
    const parts = concatenate(
      seen.map(({ part }) => part),
      2,
    );
    const values = reshape(parts, [rows, seen.length * channels]);
    const key = seen.map(({ index }) => index).join();
    const matrix =
      weights.get(key) ??
      concatenate(
        seen.map(({ index }) => neighbours[index]!.weight),
        0,
      );
    weights.set(key, matrix);
    const x = product(values, matrix, { bias: reshape(column, [rows, channels]) });
    solved.push(reshape(x, column.shape));
  });
  const inOrder = reorder(concatenate(solved, 0), 0, invertPermutation(order));
  return reshape(transpose(inOrder, [1, 0, 2]), y.shape);
}

/** An anti-diagonal: its rows, and the indices of its tiles in the grid, from top to bottom. */
interface Diagonal {
  first: number;
  last: number;
  pixels: number[];
}

function listDiagonals(height: number, width: number): Diagonal[] {
  return Array.from({ length: height + width - 1 }, (_, t) => {
    const first = Math.max(0, t - width + 1);
    const last = Math.min(height - 1, t);
    const pixels = Array.from(
      { length: last - first + 1 },
      (__, index) => (first + index) * width + t - first - index,
    );
    return { first, last, pixels };
  });
}

/**
 * For each pixel of a diagonal, the pixel `down` rows higher in an earlier diagonal, zero where there is
 * none; undefined if no pixel has one.
 */
function shifted(values: Tensor, source: Diagonal, target: Diagonal, down: number): Tensor | undefined {
  const first = Math.max(source.first, target.first - down);
  const last = Math.min(source.last, target.last - down);
  if (first > last) {
    return undefined;
  }
  const part = slice(values, 0, first - source.first, last - source.first + 1);
  return pad(part, 0, first + down - target.first, target.last - last - down);
}
