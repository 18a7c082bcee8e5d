// Gated networks on a CPU: fast nodes for a batch of known size, and those that decode compressed files for an open one.
import onnxProto from 'onnx-proto';
import { expect, it } from 'vitest';
import { runOnce } from '../../../testing/programValues.ts';
import { convolution, elu, squareOffsets } from '../../operations/index.ts';
import { input, OPEN_BATCH } from '../../tensor.ts';
import { prepare } from '../graph/prepare.ts';
import { lower } from '../onnx/lower.ts';
import { graphStyle } from './device.ts';

const WIDTH = 32;

function network(images: number) {
  const [x, kernel] = [input('x', [images, 4, 4, WIDTH]), input('kernel', [9, WIDTH, WIDTH])];
  const y = convolution(elu(x), kernel, { offsets: squareOffsets(3) });
  return { inputs: { x, kernel }, outputs: { y } };
}

/** The types of the nodes. */
function nodeTypes(images: number): string[] {
  const prepared = prepare(network(images));
  const model = lower({ ...prepared, known: new Map(), precision: 'float32', style: graphStyle('cpu') });
  return onnxProto.onnx.ModelProto.decode(model).graph!.node!.map(({ opType }) => opType!);
}

it('convolves and computes ELU in fast nodes, unless the batch is open', () => {
  const [closed, open] = [nodeTypes(2), nodeTypes(OPEN_BATCH)];
  expect(closed).toEqual(expect.arrayContaining(['Conv', 'Exp', 'Max']));
  expect(closed).not.toContain('Elu');
  expect(open).toEqual(expect.arrayContaining(['Elu', 'Gemm']));
  expect(open).not.toContain('Conv');
});

it('computes the same either way, up to rounding', async () => {
  const createArray = (shape: readonly number[], rate: number) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((product, length) => product * length) }, (_, index) =>
      Math.sin(rate * index),
    ),
  });
  const feeds = { x: createArray([2, 4, 4, WIDTH], 0.7), kernel: createArray([9, WIDTH, WIDTH], 0.31) };
  const results: Float32Array[] = [];
  for (const images of [2, OPEN_BATCH]) {
    results.push((await runOnce(network(images), feeds, 'float32')).y!.data as Float32Array);
  }
  const [fast, plain] = results as [Float32Array, Float32Array];
  const size = Math.max(...plain.map(Math.abs));
  const errors = fast.map((value, index) => Math.abs(value - plain[index]!));
  expect(Math.max(...errors)).toBeLessThan(1e-5 * size);
});
