// Shifted copies of images with the batch last, and their sums: a gather copies a pixel of a channel for all images.
import { type Parity, pixelsOfParity } from '../../../core/numeric/index.ts';
import type { Emitter } from '../../emitter.ts';
import {
  type FoldedChannels,
  type Halves,
  neighboursIn,
  type Offset,
  type Shifts,
  type UnfoldedChannels,
} from '../../operations/shift.ts';
import { onnxShape, type Shape } from '../../shape.ts';
import type { Nodes } from '../../tensor.ts';

/** The nodes of `unfoldChannels`. */
export const unfoldChannels: Nodes<UnfoldedChannels> = (emit, { attributes, inputs, shape }, [x]) => {
  const [channels, height, width, images] = inputs[0]!.shape as [number, number, number, number];
  const { offsets, inside } = attributes;
  const { read, written, key: pixels } = readPositions(attributes, height, width);
  const [start, end] = attributes.pixels ?? [0, written.length];
  const outside = readsZeros(attributes) ? [0] : [];
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
export const foldChannels: Nodes<FoldedChannels> = (emit, { attributes, inputs, shape }, [x]) => {
  const [channels, , , images] = shape as [number, number, number, number];
  const [, height, width] = inputs[0]!.shape as [number, number, number, number];
  const { offsets, zeros } = attributes;
  const { read, written, key: pixels } = readPositions(attributes, height, width);
  const outsideRow = offsets.length * channels * height * width;
  const rows = zeros
    ? reshaped(emit, x!, [outsideRow + height * width, images])
    : withRows(emit, x!, [outsideRow, images], readsZeros(attributes) ? [0] : []);
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

/** Whether a tap can read a pixel that is none of those in the input: even on a torus, if that has only half of them. */
function readsZeros({ boundary, halves }: Shifts & { halves?: Halves | undefined }): boolean {
  return boundary === 'zero' || halves?.read !== undefined;
}

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
