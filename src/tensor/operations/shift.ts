// Shifted copies of an image and their sums: what is left of a convolution when its products are taken out.
import type { Emitter } from '../emitter.ts';
import { onnxShape } from '../shape.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';

/** How far a tap of a kernel reaches from its centre, in rows and columns. */
export type Offset = readonly [row: number, column: number];

/** What lies outside the image: zeros, or the image again, as on a torus. */
export type Boundary = 'zero' | 'wrap';

interface Shifts {
  offsets: readonly Offset[];
  boundary: Boundary;
}

const unfoldOperation: Operation<Shifts> = {
  name: 'unfold',
  shape: ([x], { offsets }) =>
    x!.length === 4
      ? [x![0]!, x![1]!, x![2]!, x![3]! * offsets.length]
      : { problem: 'the image must have the axes batch, row, column, channel' },
  gradient: (node, g) => [fold(g, node.attributes.offsets.map(opposite), node.attributes.boundary)],
  lower: (emit, node, [x]) => {
    const [, height, width, channels] = node.inputs[0]!.shape as [number, number, number, number];
    const pixels = height * width;
    const table = neighbourTable(emit, 'unfold', height, width, node.attributes, (pixel) => pixel ?? pixels);
    return gatherPixels(emit, x!, pixels, channels, table, node.shape);
  },
};

/**
 * Copies of an image shifted by each offset, side by side in the channels; outside the image is zero, or the
 * image again where the boundary wraps.
 *
 * `[N, H, W, C]` to `[N, H, W, T·C]` with y[h, w, t·C + c] = x[h + rowₜ, w + columnₜ, c]: a convolution is a product
 * of these rows with its kernel.
 */
export function unfold(x: Tensor, offsets: readonly Offset[], boundary: Boundary = 'zero'): Tensor {
  return onlyCentre(offsets) ? x : (apply(unfoldOperation, [x], { offsets, boundary }) as Tensor);
}

const foldOperation: Operation<Shifts> = {
  name: 'fold',
  shape: ([x], { offsets }) =>
    x!.length === 4 && x![3]! % offsets.length === 0
      ? [x![0]!, x![1]!, x![2]!, x![3]! / offsets.length]
      : { problem: `the image must have a multiple of ${offsets.length} channels` },
  gradient: (node, g) => [unfold(g, node.attributes.offsets.map(opposite), node.attributes.boundary)],
  lower: (emit, node, [x]) => {
    const [, height, width, channels] = node.shape as [number, number, number, number];
    const taps = node.attributes.offsets.length;
    const cells = height * width * taps;
    const table = neighbourTable(emit, 'fold', height, width, node.attributes, (pixel, tap) =>
      pixel === undefined ? cells : pixel * taps + tap,
    );
    const batch = node.shape[0]!;
    const rows = [batch * height * width, taps * channels];
    const aligned = gatherPixels(emit, x!, cells, channels, table, rows);
    // A product with stacked identities sums the taps in a third of the time of a reduction.
    const identities = new Float64Array(taps * channels * channels);
    for (let row = 0; row < taps * channels; row++) {
      identities[row * channels + (row % channels)] = 1;
    }
    const summed = emit.node('Gemm', [aligned, emit.reals(identities, [taps * channels, channels])]);
    return emit.node('Reshape', [summed, emit.integers(onnxShape(node.shape))]);
  },
};

/**
 * The sum of the taps' images, each shifted by its offset: what `unfold` undoes in a gradient, and the second half
 * of a convolution whose product comes first.
 *
 * `[N, H, W, T·C]` to `[N, H, W, C]` with y[h, w, c] = Σₜ x[h + rowₜ, w + columnₜ, t·C + c].
 */
export function fold(x: Tensor, offsets: readonly Offset[], boundary: Boundary = 'zero'): Tensor {
  return onlyCentre(offsets) ? x : (apply(foldOperation, [x], { offsets, boundary }) as Tensor);
}

function onlyCentre(offsets: readonly Offset[]): boolean {
  return offsets.length === 1 && offsets[0]![0] === 0 && offsets[0]![1] === 0;
}

function opposite([row, column]: Offset): Offset {
  return [0 - row, 0 - column];
}

/** For each pixel and tap the cell to read: `cell` is given the pixel's index in its image, undefined outside. */
function neighbourTable(
  emit: Emitter,
  name: string,
  height: number,
  width: number,
  { offsets, boundary }: Shifts,
  cell: (pixel: number | undefined, tap: number) => number,
): string {
  const key = `${name} ${boundary} ${height}x${width} ${offsets.join(' ')}`;
  return emit.indices(key, [height * width, offsets.length], () => {
    const table = new Int32Array(height * width * offsets.length);
    let index = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        offsets.forEach(([down, right], tap) => {
          const [r, c] =
            boundary === 'wrap'
              ? [modulo(row + down, height), modulo(column + right, width)]
              : [row + down, column + right];
          const inside = r >= 0 && r < height && c >= 0 && c < width;
          table[index++] = cell(inside ? r * width + c : undefined, tap);
        });
      }
    }
    return table;
  });
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}

/** Gathers cells of `channels` numbers within each image; the cell after the last one is zero. */
function gatherPixels(
  emit: Emitter,
  x: string,
  cells: number,
  channels: number,
  table: string,
  shape: readonly number[],
): string {
  const image = emit.node('Reshape', [x, emit.integers([-1, cells, channels])]);
  const zero = emit.reals(Float64Array.of(0), []);
  const extended = emit.node('Pad', [image, emit.integers([0, 0, 0, 0, 1, 0]), zero]);
  const gathered = emit.node('Gather', [extended, table], { axis: 1 });
  return emit.node('Reshape', [gathered, emit.integers(onnxShape(shape))]);
}
