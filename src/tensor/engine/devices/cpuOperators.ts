// ONNX nodes that ONNX Runtime's CPU provider computes faster than the plain ones. Among them are shifted copies of images with
// the batch last, and their sums: a gather copies a pixel of a channel for all images.

import { type Parity, pixelsOfParity } from '../../../core/numeric/index.ts';
import {
  unfoldChannels as copies,
  type FoldedChannels,
  type Halves,
  neighboursIn,
  type Offset,
  type Shifts,
  type UnfoldedChannels,
} from '../../operations/convolution.ts';
import type { DenseConvolution } from '../../operations/denseConvolution.ts';
import type { Transposition } from '../../operations/linearAlgebra.ts';
import { type Emitter, isOpen, type Nodes, onnxShape, type Shape, type Tensor } from '../../tensor.ts';
import { type Operators, plainNodes, productWithOnes, rowSum } from '../onnx/nodeStyle.ts';

/**
 * A column bias is added after the product, by all threads: as an input of the product, a single thread would
 * broadcast it over the result, which the product then reads again.
 */
const product: Nodes<Transposition> = (emit, node, [a, b, bias]) => {
  const added = node.inputs[2];
  return added?.rank === 2 && added.shape[1] === 1
    ? emit.node('Add', [plainNodes(emit, node, [a!, b!]), bias!])
    : plainNodes(emit, node, bias === undefined ? [a!, b!] : [a!, b!, bias]);
};

/** The largest float32. A line of this slope, clipped to [0, 1], is a step at 0 for all normal numbers. */
export const STEEPEST = 2 ** 128 - 2 ** 104;

/** The slope of a ReLU as a steep line, clipped: three times as fast as Sign; not available in float64. */
export const step: Nodes = (emit, _, [x]) =>
  emit.precision === 'float32'
    ? emit.node('HardSigmoid', [x!], { alpha: { real: STEEPEST }, beta: { real: 0 } })
    : emit.node('Sign', [x!]);

/**
 * max(x, exp(min(x, 0)) − 1), since eˣ ≥ 1 + x: four fast passes take half as long as ONNX Runtime's Elu. Not for an open
 * batch: compressed files are decoded by such programs, whose last bits must not change.
 */
const elu: Nodes = (emit, node, inputs) => {
  if (isOpen(node.shape)) {
    return plainNodes(emit, node, inputs);
  }
  const [x] = inputs;
  const [zero, one] = [emit.reals(Float64Array.of(0), []), emit.reals(Float64Array.of(1), [])];
  const below = emit.node('Sub', [emit.node('Exp', [emit.node('Min', [x!, zero])]), one]);
  return emit.node('Max', [x!, below]);
};

/** One pass, for y ≥ −1; not available in float64. */
const eluSlope: Nodes = (emit, node, inputs) =>
  emit.precision === 'float32'
    ? emit.node('HardSigmoid', inputs, { alpha: { real: 1 }, beta: { real: 1 } })
    : plainNodes(emit, node, inputs);

/** A sum over rows as a product with a row of ones: a reduction over leading axes is 30 times slower. */
const sum: Nodes<readonly number[]> = (emit, node, inputs) => {
  const sumOfRows = rowSum(node);
  if (!sumOfRows) {
    return plainNodes(emit, node, inputs);
  }
  const { rows, columns } = sumOfRows;
  const matrix = emit.node('Reshape', [inputs[0]!, emit.integers(onnxShape([rows, columns]))]);
  return emit.node('Reshape', [productWithOnes(emit, matrix, rows), emit.integers(onnxShape(node.shape))]);
};

/**
 * A function of a tensor and a single number. Where the last axis has one element, as in grey images and for a
 * batch of one, ONNX Runtime broadcasts the number to one element at a time.
 */
const withNumber: Nodes<undefined> = (emit, node, inputs) => {
  const single = node.inputs.findIndex(({ rank }) => rank === 0);
  if (single < 0 || node.rank < 2 || node.shape.at(-1) !== 1) {
    return plainNodes(emit, node, inputs);
  }
  const flat = emit.node('Reshape', [inputs[1 - single]!, emit.integers([-1])]);
  const result = plainNodes(emit, node, single === 0 ? [inputs[0]!, flat] : [flat, inputs[1]!]);
  return emit.node('Reshape', [result, emit.integers(onnxShape(node.shape))]);
};

/**
 * The batch from the first axis to the last, then the other axes: ONNX Runtime moves one axis several times as fast as it
 * permutes all at once.
 */
const batchLast: Nodes<readonly number[]> = (emit, { attributes: order }, [x]) =>
  permuted(
    emit,
    permuted(emit, x!, [...order.map((_, axis) => axis).slice(1), 0]),
    // Counted without the batch, which has left the front.
    order.map((axis) => (axis === 0 ? order.length - 1 : axis - 1)),
  );

/** The other axes, then the batch from the last axis to the first. */
const batchFirst: Nodes<readonly number[]> = (emit, { attributes: order }, [x]) => {
  const last = order.length - 1;
  return permuted(emit, permuted(emit, x!, [...order.filter((axis) => axis !== last), last]), [
    last,
    ...order.map((_, axis) => axis).slice(0, -1),
  ]);
};

function permuted(emit: Emitter, x: string, order: readonly number[]): string {
  return order.every((axis, index) => axis === index) ? x : emit.node('Transpose', [x], { perm: order });
}

/**
 * A single image whose columns are the pixels of a row for all images: the next pixel is a batch of columns away, so taps
 * are dilated by that. The runtime's convolution makes the copies of a few columns at a time, in the cache, and multiplies
 * them there. It has none in float64.
 */
const runtimeConvolution: Nodes<DenseConvolution> = (emit, node, [x, kernel, bias]) => {
  const { inputs, attributes, shape } = node;
  const [image, { shape: kernelShape }] = inputs as [Tensor, Tensor];
  const [channels, height, width, images] = image.shape as [number, number, number, number];
  const [outputs, , taps] = kernelShape as [number, number, number];
  if (emit.precision === 'float32') {
    const side = Math.sqrt(taps);
    const reach = (side - 1) / 2;
    const wideImage = reshaped(emit, x!, [1, channels, height, width * images]);
    const square = reshaped(emit, kernel!, [outputs, channels, side, side]);
    const pads = [reach, reach * images, reach, reach * images];
    const options = { kernel_shape: [side, side], dilations: [1, images], pads };
    return reshaped(
      emit,
      emit.node('Conv', bias ? [wideImage, square, bias] : [wideImage, square], options),
      shape,
    );
  }
  const shifted = copies(image, { offsets: attributes.offsets, boundary: 'zero' });
  const rows = reshaped(emit, unfoldChannels(emit, shifted as Tensor<UnfoldedChannels>, [x!]), [
    taps * channels,
    -1,
  ]);
  const byTap = emit.node('Transpose', [kernel!], { perm: [0, 2, 1] });
  const added = bias ? [reshaped(emit, bias, [outputs, 1])] : [];
  const result = emit.node('Gemm', [reshaped(emit, byTap, [outputs, taps * channels]), rows, ...added]);
  return reshaped(emit, result, shape);
};

/** The nodes of `unfoldChannels`. */
const unfoldChannels: Nodes<UnfoldedChannels> = (emit, { attributes, inputs, shape }, [x]) => {
  const [channels, height, width, images] = inputs[0]!.shape as [number, number, number, number];
  const { offsets, inside } = attributes;
  const { read, written, key: pixels } = readPositions(attributes, height, width);
  const [start, end] = attributes.pixels ?? [0, written.length];
  const outside = attributes.boundary === 'zero' ? [0] : [];
  const outsideRow = channels * height * width;
  const insideRow = outsideRow + outside.length;
  const rows = withRows(emit, x!, [outsideRow, images], inside ? [...outside, 1] : outside);
  const copied = `${inside ? 'inside and ' : ''}${channels} channels, pixels ${start} to ${end}`;
  const table = emit.indices(`unfold ${copied} ${pixels}`, [shape[0]! * (end - start)], () => {
    const part = written.slice(start, end);
    const sourceRows: number[] = [];
    for (const offset of offsets) {
      for (let channel = 0; channel < channels; channel++) {
        for (const pixel of part) {
          const position = read(pixel, offset);
          sourceRows.push(position === undefined ? outsideRow : channel * height * width + position);
        }
      }
    }
    for (const offset of inside ? offsets : []) {
      for (const pixel of part) {
        sourceRows.push(read(pixel, offset) === undefined ? outsideRow : insideRow);
      }
    }
    return Int32Array.from(sourceRows);
  });
  return reshaped(emit, emit.node('Gather', [rows, table], { axis: 0 }), shape);
};

/** The nodes of `foldChannels`. */
const foldChannels: Nodes<FoldedChannels> = (emit, { attributes, inputs, shape }, [x]) => {
  const [channels, , , images] = shape as [number, number, number, number];
  const [, height, width] = inputs[0]!.shape as [number, number, number, number];
  const { offsets, boundary, zeros } = attributes;
  const { read, written, key: pixels } = readPositions(attributes, height, width);
  const outsideRow = offsets.length * channels * height * width;
  const rows = zeros
    ? reshaped(emit, x!, [outsideRow + height * width, images])
    : withRows(emit, x!, [outsideRow, images], boundary === 'zero' ? [0] : []);
  const key = `fold ${channels} channels ${pixels}`;
  const table = emit.indices(key, [channels, offsets.length, written.length], () => {
    const sourceRows: number[] = [];
    for (let channel = 0; channel < channels; channel++) {
      offsets.forEach((offset, tap) => {
        for (const pixel of written) {
          const position = read(pixel, offset);
          sourceRows.push(
            position === undefined ? outsideRow : (tap * channels + channel) * height * width + position,
          );
        }
      });
    }
    return Int32Array.from(sourceRows);
  });
  const aligned = emit.node('Gather', [rows, table], { axis: 0 });
  return reshaped(emit, emit.node('ReduceSum', [aligned, emit.integers([1])], { keepdims: 0 }), shape);
};

/**
 * The pixels with results, and the index in the input of the pixel that a tap reads there, undefined if it is
 * none of them.
 *
 * @param givenHeight the height of the tensor that is read, and its width
 */
function readPositions(
  { offsets, boundary, halves }: Shifts & { halves?: Halves | undefined },
  givenHeight: number,
  givenWidth: number,
): {
  readonly written: readonly number[];
  readonly read: (pixel: number, offset: Offset) => number | undefined;
  /** What tells these places from others. */
  readonly key: string;
} {
  const { height, width, read, written }: Halves = halves ?? { height: givenHeight, width: givenWidth };
  const neighbour = neighboursIn(height, width, boundary);
  const pixels = Array.from({ length: height * width }, (_, pixel) => pixel);
  const half = (parity: Parity | undefined) =>
    parity === undefined ? pixels : pixelsOfParity(height, width, parity);
  const places = new Map(half(read).map((pixel, position) => [pixel, position]));
  return {
    written: half(written),
    read(pixel, offset) {
      const target = neighbour(pixel, offset);
      return target === undefined ? undefined : places.get(target);
    },
    key: `${boundary} ${height}x${width} ${read} to ${written} ${offsets.join(' ')}`,
  };
}

/** A tensor as rows, with one more for each of these values behind them. */
function withRows(
  emit: Emitter,
  x: string,
  [rows, length]: readonly [rows: number, length: number],
  values: readonly number[],
): string {
  const matrix = emit.node('Reshape', [x, emit.integers(onnxShape([rows, length]))]);
  if (length < 0) {
    return values.reduce(
      (padded, value) =>
        emit.node('Pad', [padded, emit.integers([0, 0, 1, 0]), emit.reals(Float64Array.of(value), [])]),
      matrix,
    );
  }
  const behind = Float64Array.from(
    { length: values.length * length },
    (_, index) => values[Math.floor(index / length)]!,
  );
  return values.length === 0
    ? matrix
    : emit.node('Concat', [matrix, emit.reals(behind, [values.length, length])], { axis: 0 });
}

function reshaped(emit: Emitter, x: string, shape: Shape): string {
  return emit.node('Reshape', [x, emit.integers(onnxShape(shape))]);
}

/** The nodes that are faster on a CPU. */
export const processorOperators: Operators = {
  add: withNumber,
  batchFirst,
  batchLast,
  divide: withNumber,
  elu,
  eluSlope,
  foldChannels,
  multiply: withNumber,
  product,
  runtimeConvolution,
  step,
  subtract: withNumber,
  sum,
  unfoldChannels,
};
