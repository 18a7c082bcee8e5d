// Shifted copies of an image and their sums: what is left of a convolution when its products are taken out.
import type { Emitter } from '../emitter.ts';
import { apply, type Operation, type Tensor } from '../tensor.ts';

/** How far a tap of a kernel reaches from its centre, in rows and columns. */
export type Offset = readonly [row: number, column: number];

interface Shifts {
  offsets: readonly Offset[];
}

const unfoldOperation: Operation<Shifts> = {
  name: 'unfold',
  shape: ([x], { offsets }) =>
    x!.length === 4
      ? [x![0]!, x![1]!, x![2]!, x![3]! * offsets.length]
      : { problem: 'the image must have the axes batch, row, column, channel' },
  gradient: (node, g) => [fold(g, node.attributes.offsets.map(opposite))],
  lower: (emit, node, [x]) => {
    const [, height, width, channels] = node.inputs[0]!.shape as [number, number, number, number];
    const { offsets } = node.attributes;
    const pixels = height * width;
    const table = neighbourTable(emit, 'unfold', height, width, offsets, (pixel) => pixel ?? pixels);
    return gatherPixels(emit, x!, pixels, channels, table, node.shape);
  },
};

/**
 * Copies of an image shifted by each offset, side by side in the channels, zero outside the image.
 *
 * `[N, H, W, C]` to `[N, H, W, T·C]` with y[h, w, t·C + c] = x[h + rowₜ, w + columnₜ, c]: a convolution is a product
 * of these rows with its kernel.
 */
export function unfold(x: Tensor, offsets: readonly Offset[]): Tensor {
  return onlyCentre(offsets) ? x : (apply(unfoldOperation, [x], { offsets }) as Tensor);
}

const foldOperation: Operation<Shifts> = {
  name: 'fold',
  shape: ([x], { offsets }) =>
    x!.length === 4 && x![3]! % offsets.length === 0
      ? [x![0]!, x![1]!, x![2]!, x![3]! / offsets.length]
      : { problem: `the image must have a multiple of ${offsets.length} channels` },
  gradient: (node, g) => [unfold(g, node.attributes.offsets.map(opposite))],
  lower: (emit, node, [x]) => {
    const [, height, width, channels] = node.shape as [number, number, number, number];
    const { offsets } = node.attributes;
    const taps = offsets.length;
    const cells = height * width * taps;
    const table = neighbourTable(emit, 'fold', height, width, offsets, (pixel, tap) =>
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
    return emit.node('Reshape', [summed, emit.integers([batch < 0 ? -1 : batch, height, width, channels])]);
  },
};

/**
 * The sum of the taps' images, each shifted by its offset: what `unfold` undoes in a gradient, and the second half
 * of a convolution whose product comes first.
 *
 * `[N, H, W, T·C]` to `[N, H, W, C]` with y[h, w, c] = Σₜ x[h + rowₜ, w + columnₜ, t·C + c], zero outside the image.
 */
export function fold(x: Tensor, offsets: readonly Offset[]): Tensor {
  return onlyCentre(offsets) ? x : (apply(foldOperation, [x], { offsets }) as Tensor);
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
  offsets: readonly Offset[],
  cell: (pixel: number | undefined, tap: number) => number,
): string {
  const key = `${name} ${height}x${width} ${offsets.join(' ')}`;
  return emit.indices(key, [height * width, offsets.length], () => {
    const table = new Int32Array(height * width * offsets.length);
    let index = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        offsets.forEach(([down, right], tap) => {
          const [r, c] = [row + down, column + right];
          const inside = r >= 0 && r < height && c >= 0 && c < width;
          table[index++] = cell(inside ? r * width + c : undefined, tap);
        });
      }
    }
    return table;
  });
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
  return emit.node('Reshape', [gathered, emit.integers(shape.map((length) => (length < 0 ? -1 : length)))]);
}
