// Shifted copies of images with the batch last, and their sums: a gather copies a pixel of a channel for all images.
import type { FoldedChannels, Shifts, UnfoldedChannels } from '../../tensor/operations/shift.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Emitter } from '../onnx/emitter.ts';
import { neighboursIn, type Operator, onnxShape } from '../onnx/operators.ts';

/** The nodes of `unfoldChannels`. */
export const unfoldChannels: Operator<UnfoldedChannels> = (emit, { attributes, inputs, shape }, [x]) => {
  const [channels, height, width, images] = inputs[0]!.shape as [number, number, number, number];
  const { offsets, boundary, inside } = attributes;
  const pixels = height * width;
  const [start, end] = attributes.pixels ?? [0, pixels];
  const outside = boundary === 'zero' ? [0] : [];
  const outsideRow = channels * pixels;
  const insideRow = outsideRow + outside.length;
  const rows = withRows(emit, x!, [outsideRow, images], inside ? [...outside, 1] : outside);
  const copied = `${inside ? 'inside and ' : ''}${channels} channels, pixels ${start} to ${end}`;
  const key = `unfold ${copied} ${keyOf(height, width, attributes)}`;
  const table = emit.indices(key, [shape[0]! * (end - start)], () => {
    const neighbour = neighboursIn(height, width, boundary);
    const all: number[] = [];
    for (const offset of offsets) {
      for (let channel = 0; channel < channels; channel++) {
        for (let pixel = start; pixel < end; pixel++) {
          const read = neighbour(pixel, offset);
          all.push(read === undefined ? outsideRow : channel * pixels + read);
        }
      }
    }
    for (const offset of inside ? offsets : []) {
      for (let pixel = start; pixel < end; pixel++) {
        all.push(neighbour(pixel, offset) === undefined ? outsideRow : insideRow);
      }
    }
    return Int32Array.from(all);
  });
  return reshaped(emit, emit.node('Gather', [rows, table], { axis: 0 }), shape);
};

/** The nodes of `foldChannels`. */
export const foldChannels: Operator<FoldedChannels> = (emit, { attributes, shape }, [x]) => {
  const [channels, height, width, images] = shape as [number, number, number, number];
  const { offsets, boundary, zeros } = attributes;
  const pixels = height * width;
  const outsideRow = offsets.length * channels * pixels;
  const rows = zeros
    ? reshaped(emit, x!, [outsideRow + pixels, images])
    : withRows(emit, x!, [outsideRow, images], boundary === 'zero' ? [0] : []);
  const key = `fold ${channels} channels ${keyOf(height, width, attributes)}`;
  const table = emit.indices(key, [channels, offsets.length, pixels], () => {
    const neighbour = neighboursIn(height, width, boundary);
    const all: number[] = [];
    for (let channel = 0; channel < channels; channel++) {
      offsets.forEach((offset, tap) => {
        for (let pixel = 0; pixel < pixels; pixel++) {
          const read = neighbour(pixel, offset);
          all.push(read === undefined ? outsideRow : (tap * channels + channel) * pixels + read);
        }
      });
    }
    return Int32Array.from(all);
  });
  const aligned = emit.node('Gather', [rows, table], { axis: 0 });
  return reshaped(emit, emit.node('ReduceSum', [aligned, emit.integers([1])], { keepdims: 0 }), shape);
};

/** A tensor as rows, with one more for each of these values behind them. */
function withRows(
  emit: Emitter,
  x: string,
  [rows, length]: readonly [rows: number, length: number],
  values: readonly number[],
): string {
  const given = emit.node('Reshape', [x, emit.integers(onnxShape([rows, length]))]);
  if (length < 0) {
    return values.reduce(
      (all, value) =>
        emit.node('Pad', [all, emit.integers([0, 0, 1, 0]), emit.reals(Float64Array.of(value), [])]),
      given,
    );
  }
  const behind = Float64Array.from(
    { length: values.length * length },
    (_, index) => values[Math.floor(index / length)]!,
  );
  return values.length === 0
    ? given
    : emit.node('Concat', [given, emit.reals(behind, [values.length, length])], { axis: 0 });
}

function keyOf(height: number, width: number, { offsets, boundary }: Shifts): string {
  return `${boundary} ${height}x${width} ${offsets.join(' ')}`;
}

function reshaped(emit: Emitter, x: string, shape: Shape): string {
  return emit.node('Reshape', [x, emit.integers(onnxShape(shape))]);
}
