// Shifted copies of an image and their sums on a CPU.
//
// A gather copies the channels of one tap of one pixel at a time: with few channels, the copies take longer than the
// products around them. Where the taps form a grid, a product with a matrix of zeros and ones makes the copies along a
// row first, which is cheap for short rows; a gather then copies the columns of a row of taps together.
import { gridOf, type Offset, type Shifts, type TapGrid } from '../../tensor/operations/shift.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Emitter } from '../onnx/emitter.ts';
import {
  alignedTaps,
  cellsOf,
  gatherCells,
  neighbourTable,
  type Operator,
  onnxShape,
  plainOperators,
} from '../onnx/operators.ts';

/** How many multiplications and additions of a product take as long as one copy of a gather. */
export const PRODUCTS_PER_COPY = 180;

/** From this number of channels on, a few taps are summed by additions rather than by a product. */
const WIDE = 8;

/** Above this number of taps, additions would be many nodes. */
const FEW_TAPS = 4;

/** Copies along a row by a product, between rows by a gather. */
export const unfold: Operator<Shifts> = (emit, node, inputs) => {
  const [, height, width, channels] = node.inputs[0]!.shape as [number, number, number, number];
  const grid = gridThatPays(node.attributes, width, channels);
  if (!grid) {
    return plain('unfold')(emit, node, inputs);
  }
  const { rows, columns } = grid;
  const { boundary } = node.attributes;
  const cell = columns.length * channels;
  // A row of zeros below the image becomes the cells outside it.
  const below = outsideOf(node.attributes);
  const image = cellsOf(emit, inputs[0]!, [height, width * channels], below);
  const matrix = rowMatrix(width, channels, node.attributes, columns);
  const copies = emit.node('Gemm', [
    emit.node('Reshape', [image, emit.integers([-1, width * channels])]),
    emit.reals(matrix, [width * channels, width * cell]),
  ]);
  const cells = cellsOf(emit, copies, [(height + below) * width, cell], 0);
  const shifts = { offsets: rows.map((row): Offset => [row, 0]), boundary };
  const table = neighbourTable(emit, 'unfold', height, width, shifts, (pixel) => pixel ?? height * width);
  return gatherCells(emit, cells, table, node.shape);
};

/** Sums between rows by a gather and a product with stacked identities, along a row by a product. */
export const fold: Operator<Shifts> = (emit, node, inputs) => {
  const { attributes, shape } = node;
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const grid = gridThatPays(attributes, width, channels);
  if (!grid) {
    const few = attributes.offsets.length <= FEW_TAPS && channels >= WIDE;
    return few ? foldByAdditions(emit, node, inputs[0]!) : foldByProduct(emit, node, inputs[0]!);
  }
  const { rows, columns } = grid;
  const cell = columns.length * channels;
  const cells = height * width * rows.length;
  const shifts = { offsets: rows.map((row): Offset => [row, 0]), boundary: attributes.boundary };
  const table = neighbourTable(emit, 'fold', height, width, shifts, (pixel, row) =>
    pixel === undefined ? cells : pixel * rows.length + row,
  );
  const given = cellsOf(emit, inputs[0]!, [cells, cell], outsideOf(attributes));
  const aligned = gatherCells(emit, given, table, [batch * height * width, rows.length * cell]);
  const summed = sumOfParts(emit, aligned, rows.length, cell);
  const image = emit.node('Reshape', [summed, emit.integers([-1, width * cell])]);
  const opposite = columns.map((column) => 0 - column);
  const matrix = transposed(rowMatrix(width, channels, attributes, opposite), width * channels, width * cell);
  const y = emit.node('Gemm', [image, emit.reals(matrix, [width * cell, width * channels])]);
  return emit.node('Reshape', [y, emit.integers(onnxShape(shape))]);
};

/** One product that sums all taps: takes a third of the time of a reduction. */
function foldByProduct(emit: Emitter, node: Tensor<Shifts>, x: string): string {
  const [batch, height, width, channels] = node.shape as [number, number, number, number];
  const taps = node.attributes.offsets.length;
  const aligned = alignedTaps(emit, node, x, [batch * height * width, taps * channels]);
  const summed = sumOfParts(emit, aligned, taps, channels);
  return emit.node('Reshape', [summed, emit.integers(onnxShape(node.shape))]);
}

/** Each tap gathered on its own, and added to those before. */
function foldByAdditions(emit: Emitter, node: Tensor<Shifts>, x: string): string {
  const [, height, width, channels] = node.shape as [number, number, number, number];
  const { offsets, boundary } = node.attributes;
  const cells = height * width * offsets.length;
  const given = cellsOf(emit, x, [cells, channels], outsideOf(node.attributes));
  const parts = offsets.map((offset, tap) => {
    const shifts = { offsets: [offset], boundary };
    const name = `tap ${tap} of ${offsets.length}`;
    const table = neighbourTable(emit, name, height, width, shifts, (pixel) =>
      pixel === undefined ? cells : pixel * offsets.length + tap,
    );
    return gatherCells(emit, given, table, node.shape);
  });
  return parts.reduce((sum, part) => emit.node('Add', [sum, part]));
}

/** Σ of the parts of each row, by a product with stacked identities: `[rows, parts·length]` to `[rows, length]`. */
function sumOfParts(emit: Emitter, rows: string, parts: number, length: number): string {
  const identities = new Float64Array(parts * length * length);
  for (let row = 0; row < parts * length; row++) {
    identities[row * length + (row % length)] = 1;
  }
  return emit.node('Gemm', [rows, emit.reals(identities, [parts * length, length])]);
}

/** The grid of the taps, if copies along a row by a product take less time than those that a gather is spared. */
function gridThatPays(shifts: Shifts, width: number, channels: number): TapGrid | undefined {
  const grid = gridOf(shifts.offsets);
  if (!grid) {
    return undefined;
  }
  const spared = shifts.offsets.length - grid.rows.length;
  const products = width * channels * grid.columns.length * channels;
  return products < spared * PRODUCTS_PER_COPY ? grid : undefined;
}

/** The matrix that copies the pixels of a row to each tap: `[W·C, W·taps·C]` with y[w, t, c] = x[w + columnₜ, c]. */
function rowMatrix(
  width: number,
  channels: number,
  { boundary }: Shifts,
  columns: readonly number[],
): Float64Array {
  const length = width * columns.length * channels;
  const matrix = new Float64Array(width * channels * length);
  for (let w = 0; w < width; w++) {
    columns.forEach((column, tap) => {
      const from = boundary === 'wrap' ? (((w + column) % width) + width) % width : w + column;
      if (from >= 0 && from < width) {
        for (let c = 0; c < channels; c++) {
          matrix[(from * channels + c) * length + (w * columns.length + tap) * channels + c] = 1;
        }
      }
    });
  }
  return matrix;
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    matrix,
    (_, index) => matrix[(index % rows) * columns + Math.floor(index / rows)]!,
  );
}

/** How many cells stand for all that is outside the image: none if it wraps around. */
function outsideOf({ boundary }: Shifts): number {
  return boundary === 'wrap' ? 0 : 1;
}

function plain(name: string): Operator<Shifts> {
  return plainOperators[name] as Operator<Shifts>;
}
