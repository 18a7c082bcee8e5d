// Convolutions of images: any taps, zero padding or wrap-around, with or without an edge channel; and what is left of them once
// their products are taken out, shifted copies of an image and their sums.
import { type Parity, pixelsOfParity } from '../../core/numeric/index.ts';
import {
  apply,
  constant,
  type Emitter,
  isOpen,
  type Operation,
  onnxShape,
  type Shape,
  scalar,
  type Tensor,
} from '../tensor.ts';
import { reshape, slice } from './layout.ts';
import { product } from './linearAlgebra.ts';

/** The attributes of a convolution other than its image and kernel. */
export interface Convolution extends Shifts {
  /** Whether the last input channel of the kernel is for the edge channel. */
  readonly edge: boolean;
}

/** How an image is convolved. */
export interface ConvolutionOptions {
  /** Where each tap of the kernel reads, relative to the output pixel. */
  readonly offsets: readonly Offset[];
  /** The values outside the image; zero by default. */
  readonly boundary?: Boundary;
  /**
   * Whether the image has one more channel, the last of the kernel's, that is 1 outside the image and 0
   * inside, so that a layer can tell where the image ends; false by default.
   */
  readonly edge?: boolean;
}

/** The operation of `convolution`. */
export const convolutionOperation: Operation<Convolution> = {
  name: 'convolution',
  composite: true,
  shape: ([x, kernel], { offsets, edge }) => {
    const [taps, inputs, outputs] = kernel!;
    if (!areImages(x!) || kernel!.length !== 3 || isOpen(kernel!) || taps !== offsets.length) {
      return { problem: `images [N, H, W, C] need a kernel [${offsets.length}, in, out]` };
    }
    if (!areWhole(offsets)) {
      return betweenPixels;
    }
    return x![3]! + (edge ? 1 : 0) === inputs
      ? [...x!.slice(0, 3), outputs!]
      : { problem: `the kernel takes ${inputs} channels${edge ? ', including the edge channel' : ''}` };
  },
};

/**
 * The convolution of images, without flipping the kernel, as is usual in deep learning:
 *
 *     y[n, h, w, o] = Σₜ Σᵢ x[n, h + rowₜ, w + columnₜ, i]·kernel[t, i, o]
 *
 * @param x `[N, H, W, in]`
 * @param kernel `[taps, in, out]`, with an edge channel `[taps, in + 1, out]`
 */
export function convolution(
  x: Tensor,
  kernel: Tensor,
  { offsets, boundary = 'zero', edge = false }: ConvolutionOptions,
): Tensor {
  return apply(convolutionOperation, [x, kernel], { offsets, boundary, edge }) as Tensor;
}

/** The 1x1 convolution, x·W on the channels of each pixel; `weight` is `[in, out]`. */
export function pointwise(x: Tensor, weight: Tensor): Tensor {
  return convolution(x, reshape(weight, [1, ...weight.shape]), { offsets: [[0, 0]] });
}

/** The offsets of a square kernel of odd side around its centre, row by row. */
export function squareOffsets(side: number): Offset[] {
  const reach = (side - 1) / 2;
  const distances = Array.from({ length: side }, (_, index) => index - reach);
  return distances.flatMap((row) => distances.map((column): Offset => [row, column]));
}

/**
 * The contribution of only the edge channel, `[H, W, out]`: the convolution of a mask that is 1 outside an
 * image and 0 inside.
 *
 * @param kernel `[taps, out]`
 * @param parity only for this half of the pixels, `[1, pixels, out]`
 */
export function edgeResponse(
  height: number,
  width: number,
  kernel: Tensor,
  offsets: readonly Offset[],
  parity?: Parity,
): Tensor {
  const allPixels = Array.from({ length: height * width }, (_, pixel) => pixel);
  const pixels = parity === undefined ? allPixels : pixelsOfParity(height, width, parity);
  const isInside = (row: number, column: number): boolean =>
    row >= 0 && row < height && column >= 0 && column < width;
  const outside = Float64Array.from(
    pixels.flatMap((pixel) =>
      offsets.map(([down, right]) =>
        isInside(Math.floor(pixel / width) + down, (pixel % width) + right) ? 0 : 1,
      ),
    ),
  );
  const response = product(constant({ shape: [pixels.length, offsets.length], data: outside }), kernel);
  const grid = parity === undefined ? [height, width] : [1, pixels.length];
  return reshape(response, [...grid, kernel.shape[1]!]);
}

/** How far a tap of a kernel reaches from its centre, in rows and columns. */
export type Offset = readonly [row: number, column: number];

/** The values outside the image: zeros, or the image wrapped around, as on a torus. */
export type Boundary = 'zero' | 'wrap';

/** Shifts of an image. */
export interface Shifts {
  offsets: readonly Offset[];
  boundary: Boundary;
}

/** Whether a shape is an image shape `[N, H, W, C]`: only the batch may be open. */
export function areImages(shape: Shape): boolean {
  return shape.length === 4 && shape.slice(1).every((length) => length > 0);
}

/** Whether all taps of a kernel read pixels. */
export function areWhole(offsets: readonly Offset[]): boolean {
  return offsets.flat().every(Number.isInteger);
}

/** The problem of offsets between pixels, such as those of `squareOffsets` with an even side. */
export const betweenPixels = { problem: 'the offsets must be whole numbers' };

const unfoldOperation: Operation<Shifts> = {
  name: 'unfold',
  shape: ([x], { offsets }) => {
    if (!areImages(x!)) {
      return { problem: 'the image must have the axes batch, row, column, channel' };
    }
    return areWhole(offsets) ? [...x!.slice(0, 3), x![3]! * offsets.length] : betweenPixels;
  },
  gradient: (node, g) => [fold(g, node.attributes.offsets.map(opposite), node.attributes.boundary)],
  nodes(emit, node, [x]) {
    const [, height, width, channels] = node.inputs[0]!.shape as [number, number, number, number];
    const pixels = height * width;
    const table = neighbourTable(emit, 'unfold', height, width, node.attributes, (pixel) => pixel ?? pixels);
    return gatherPixels(emit, x!, pixels, { node, channels, table, shape: node.shape });
  },
};

/**
 * Copies of an image shifted by each offset, side by side in the channels; values outside the image are zero,
 * or wrap around.
 *
 * `[N, H, W, C]` to `[N, H, W, T·C]` with y[h, w, t·C + c] = x[h + rowₜ, w + columnₜ, c]: a convolution is a
 * product of these rows with its kernel.
 */
export function unfold(x: Tensor, offsets: readonly Offset[], boundary: Boundary = 'zero'): Tensor {
  return onlyCentre(offsets) ? x : (apply(unfoldOperation, [x], { offsets, boundary }) as Tensor);
}

const foldOperation: Operation<Shifts> = {
  name: 'fold',
  shape: ([x], { offsets }) => {
    if (!areImages(x!) || x![3]! % offsets.length !== 0) {
      return { problem: `the image must have a multiple of ${offsets.length} channels` };
    }
    return areWhole(offsets) ? [...x!.slice(0, 3), x![3]! / offsets.length] : betweenPixels;
  },
  gradient: (node, g) => [unfold(g, node.attributes.offsets.map(opposite), node.attributes.boundary)],
  nodes(emit, node, [x]) {
    const taps = node.attributes.offsets.length;
    const [batch, height, width, channels] = node.shape as [number, number, number, number];
    const cells = height * width * taps;
    const table = neighbourTable(emit, 'fold', height, width, node.attributes, (pixel, tap) =>
      pixel === undefined ? cells : pixel * taps + tap,
    );
    const shape = [batch, height * width, taps, channels];
    const aligned = gatherPixels(emit, x!, cells, { node, channels, table, shape });
    const summed = emit.node('ReduceSum', [aligned, emit.integers([2])], { keepdims: 0 });
    return emit.node('Reshape', [summed, emit.integers(onnxShape(node.shape))]);
  },
};

/**
 * The sum of the taps' images, each shifted by its offset: the gradient of `unfold`, and the second half of a
 * convolution whose product comes first.
 *
 * `[N, H, W, T·C]` to `[N, H, W, C]` with y[h, w, c] = Σₜ x[h + rowₜ, w + columnₜ, t·C + c].
 */
export function fold(x: Tensor, offsets: readonly Offset[], boundary: Boundary = 'zero'): Tensor {
  return onlyCentre(offsets) ? x : (apply(foldOperation, [x], { offsets, boundary }) as Tensor);
}

/**
 * For each pixel and tap, the cell to read: `cell` receives the pixel's index in its image, undefined if
 * outside.
 */
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
    const neighbour = neighboursIn(height, width, boundary);
    return Int32Array.from({ length: height * width * offsets.length }, (_, index) => {
      const tap = index % offsets.length;
      return cell(neighbour(Math.floor(index / offsets.length), offsets[tap]!), tap);
    });
  });
}

/** The pixel that a tap at a pixel reads, both as their numbers in the image; undefined if it is outside. */
export function neighboursIn(
  height: number,
  width: number,
  boundary: Boundary,
): (pixel: number, offset: Offset) => number | undefined {
  return (pixel, [down, right]) => {
    const [row, column] = [Math.floor(pixel / width) + down, (pixel % width) + right];
    const [r, c] = boundary === 'wrap' ? [modulo(row, height), modulo(column, width)] : [row, column];
    return r >= 0 && r < height && c >= 0 && c < width ? r * width + c : undefined;
  };
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}

/** Gathers cells of `channels` numbers within each image; with zero padding, the cell after the last one is zero. */
function gatherPixels(
  emit: Emitter,
  x: string,
  cells: number,
  { node, channels, table, shape }: { node: Tensor<Shifts>; channels: number; table: string; shape: Shape },
): string {
  const images = emit.node('Reshape', [x, emit.integers([-1, cells, channels])]);
  const extended =
    node.attributes.boundary === 'wrap'
      ? images
      : emit.node('Pad', [images, emit.integers([0, 0, 0, 0, 1, 0]), scalar(emit, 0)]);
  const gathered = emit.node('Gather', [extended, table], { axis: 1 });
  return emit.node('Reshape', [gathered, emit.integers(onnxShape(shape))]);
}

/**
 * Which pixels of an image are read, and which have results: half of them, `[C, 1, pixels, N]` instead of
 * `[C, H, W, N]`, where a parity is given.
 */
export interface Halves {
  readonly height: number;
  readonly width: number;
  readonly read?: Parity | undefined;
  readonly written?: Parity | undefined;
}

/** Which shifted copies of an image are made. */
export interface UnfoldedChannels extends Shifts {
  /** Whether copies of the inside of the image follow: 1 where a tap reads a pixel, 0 where it reads outside. */
  readonly inside: boolean;
  /**
   * The pixels of the copies among those that are written, row by row, the end exclusive; all if undefined. Chosen once all
   * gradients are found: they have none.
   */
  readonly pixels?: readonly [start: number, end: number];
  /** By default, all pixels are read and written. */
  readonly halves?: Halves | undefined;
}

/** The operation of `unfoldChannels`. */
export const unfoldChannelsOperation: Operation<UnfoldedChannels> = {
  name: 'unfoldChannels',
  shape: ([x], { offsets, inside, pixels, halves }) => {
    if (x!.length !== 4) {
      return { problem: 'the image must have the axes channel, row, column, batch' };
    }
    const [channels, height, width, images] = x as [number, number, number, number];
    const grid = pixels ? [1, pixels[1] - pixels[0]] : writtenGrid(height, width, halves);
    return [(channels + (inside ? 1 : 0)) * offsets.length, ...grid, images];
  },
  gradient: (node, g) => {
    const { offsets, boundary, halves } = node.attributes;
    const copies = slice(g, 0, 0, node.inputs[0]!.shape[0]! * offsets.length);
    return [foldChannels(copies, { offsets: offsets.map(opposite), boundary, halves: swapped(halves) })];
  },
};

function writtenGrid(height: number, width: number, halves: Halves | undefined): [number, number] {
  if (!halves) {
    return [height, width];
  }
  const { written } = halves;
  return written === undefined
    ? [halves.height, halves.width]
    : [1, pixelsOfParity(halves.height, halves.width, written).length];
}

function swapped(halves: Halves | undefined): Halves | undefined {
  return halves && { ...halves, read: halves.written, written: halves.read };
}

/**
 * `unfold` for images whose batch is the last axis: `[C, H, W, N]` to `[T·C, H, W, N]` with
 * y[t·C + c, h, w] = x[c, h + rowₜ, w + columnₜ]; with `inside`, T more channels with the same copies of an image of ones.
 */
export function unfoldChannels(
  x: Tensor,
  { offsets, boundary, inside = false, halves }: Partial<UnfoldedChannels> & Shifts,
): Tensor {
  return onlyCentre(offsets, halves) && !inside
    ? x
    : (apply(unfoldChannelsOperation, [x], { offsets, boundary, inside, halves }) as Tensor);
}

/** Which shifted images are added. */
export interface FoldedChannels extends Shifts {
  /** Whether a channel of zeros follows, to be read outside the image. Added once all gradients are found: it has none. */
  readonly zeros: boolean;
  /** By default, all pixels are read and written. */
  readonly halves?: Halves | undefined;
}

/** The operation of `foldChannels`. */
export const foldChannelsOperation: Operation<FoldedChannels> = {
  name: 'foldChannels',
  shape: ([x], { offsets, zeros, halves }) => {
    if (x!.length !== 4 || (x![0]! - (zeros ? 1 : 0)) % offsets.length !== 0) {
      return { problem: `the image must have a multiple of ${offsets.length} channels, its first axis` };
    }
    const [rows, height, width, images] = x as [number, number, number, number];
    return [(rows - (zeros ? 1 : 0)) / offsets.length, ...writtenGrid(height, width, halves), images];
  },
  gradient: (node, g) => {
    const { offsets, boundary, halves } = node.attributes;
    return [unfoldChannels(g, { offsets: offsets.map(opposite), boundary, halves: swapped(halves) })];
  },
};

/**
 * `fold` for images whose batch is the last axis: `[T·C, H, W, N]` to `[C, H, W, N]` with
 * y[c, h, w] = Σₜ x[t·C + c, h + rowₜ, w + columnₜ].
 */
export function foldChannels(
  x: Tensor,
  { offsets, boundary, halves }: Shifts & Pick<FoldedChannels, 'halves'>,
): Tensor {
  return onlyCentre(offsets, halves)
    ? x
    : (apply(foldChannelsOperation, [x], { offsets, boundary, zeros: false, halves }) as Tensor);
}

function onlyCentre(offsets: readonly Offset[], halves?: Halves): boolean {
  return (
    offsets.length === 1 &&
    offsets[0]![0] === 0 &&
    offsets[0]![1] === 0 &&
    (!halves || halves.read === halves.written)
  );
}

function opposite([row, column]: Offset): Offset {
  return [0 - row, 0 - column];
}
