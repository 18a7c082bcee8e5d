// The inverse of a corner convolution by anti-diagonals.
import {
  concatenate,
  inverse,
  pad,
  product,
  reshape,
  slice,
  split,
  subtract,
  transpose,
} from '../tensor/operations/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { rowsOf } from './bijection.ts';

/**
 * The x for which y[h, w] = Σᵢⱼ x[h − i·dilation, w − j·dilation]·kernel[i, j], zero outside the image.
 *
 * A pixel depends on neighbours above and left of it only, so all pixels of an anti-diagonal h + w = t are found at
 * once from the diagonals before: H + W − 1 products instead of H·W·C steps. With K₀ the centre tap,
 *
 *     x = y·K₀⁻¹ − Σₙ neighbourₙ·(Kₙ·K₀⁻¹)
 *
 * @param y `[N, H, W, C]`
 * @param kernel `[side, side, C, C]`, its centre tap (0, 0) invertible
 */
export function solveCornerConvolution(y: Tensor, kernel: Tensor, dilation: number): Tensor {
  const [batch, height, width, channels] = y.shape as [number, number, number, number];
  const side = kernel.shape[0]!;
  const diagonals = height + width - 1;
  const taps = split(reshape(kernel, [side * side, channels, channels]), 0, Array(side * side).fill(1)).map(
    (tap) => reshape(tap, [channels, channels]),
  );
  const centreInverse = inverse(taps[0]!);
  const neighbours = taps
    .map((tap, index) => ({
      tap,
      down: Math.floor(index / side) * dilation,
      right: (index % side) * dilation,
    }))
    // A tap that reaches past the image meets only zeros.
    .filter(({ down, right }, index) => index > 0 && down < height && right < width)
    .map((neighbour) => ({ ...neighbour, weight: product(neighbour.tap, centreInverse) }));

  const scaled = reshape(product(reshape(y, rowsOf(y.shape)), centreInverse), y.shape);
  const columns = split(skew(scaled), 0, Array(diagonals).fill(1)).map((column) =>
    reshape(column, [height, batch, channels]),
  );
  const weightsFor = memoise((key: string) => {
    const used = key.split(' ').map((index) => neighbours[Number(index)]!.weight);
    return concatenate(used, 0);
  });
  const solved: Tensor[] = [];
  const shifted = memoise((key: string) => {
    const [diagonal, down] = key.split(' ').map(Number) as [number, number];
    return down === 0 ? solved[diagonal]! : pad(slice(solved[diagonal]!, 0, 0, height - down), 0, down, 0);
  });
  columns.forEach((column, t) => {
    const indices = neighbours.flatMap(({ down, right }, index) => (t - down - right >= 0 ? index : []));
    if (indices.length === 0) {
      solved.push(column);
      return;
    }
    const values = indices.map((index) => {
      const { down, right } = neighbours[index]!;
      return shifted(`${t - down - right} ${down}`);
    });
    const rows = reshape(concatenate(values, 2), [height * batch, indices.length * channels]);
    const known = reshape(product(rows, weightsFor(indices.join(' '))), column.shape);
    solved.push(subtract(column, known));
  });
  const cells = solved.map((column) => reshape(column, [1, height, batch, channels]));
  return unskew(concatenate(cells, 0), width);
}

/** `[N, H, W, C]` to `[H + W − 1, H, N, C]`: cell (t, h) is pixel (h, t − h), or zero where there is none. */
function skew(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const diagonals = height + width - 1;
  // With H cells after each row and one cell less per row when it is cut again, row h moves right by h.
  const flat = reshape(pad(x, 2, 0, height), [batch, height * (width + height), channels]);
  const cut = slice(flat, 1, 0, height * diagonals);
  return transpose(reshape(cut, [batch, height, diagonals, channels]), [2, 1, 0, 3]);
}

/** Undoes `skew`; what stands in cells without a pixel is dropped. */
function unskew(x: Tensor, width: number): Tensor {
  const [diagonals, height, batch, channels] = x.shape as [number, number, number, number];
  const flat = reshape(transpose(x, [2, 1, 0, 3]), [batch, height * diagonals, channels]);
  const rows = reshape(pad(flat, 1, 0, height), [batch, height, width + height, channels]);
  return slice(rows, 2, 0, width);
}

function memoise<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = make(key);
      known.set(key, value);
    }
    return value;
  };
}
