// Gated networks on a CPU: fast nodes for a batch of known size, and those that decode compressed files for an open one; and
// shifted copies of images.
import onnxProto from 'onnx-proto';
import { expect, it } from 'vitest';
import { pixelsOfParity } from '../../../core/numeric/parity.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import { runOnce } from '../../../testing/programValues.ts';
import {
  type Boundary,
  foldChannels,
  type Offset,
  squareOffsets,
  unfoldChannels,
} from '../../operations/convolution.ts';
import { convolution, elu } from '../../operations/index.ts';
import { input, OPEN_BATCH } from '../../tensor.ts';
import { prepare } from '../graph/prepare.ts';
import { lower } from '../onnx/lower.ts';
import { compile } from '../program.ts';
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

const IMAGES = 2;

const corner: Offset[] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const byColumn: Offset[] = corner.map(([row, column]) => [column, row]);
const far: Offset[] = [-4, 0, 3].flatMap((row) => [5, -2].map((column): Offset => [row, column]));

it.each<[string, Offset[], Boundary, [height: number, width: number, channels: number]]>([
  ['3x3', squareOffsets(3), 'zero', [4, 5, 2]],
  ['3x3', squareOffsets(3), 'wrap', [4, 5, 2]],
  ['3x3, wide', squareOffsets(3), 'zero', [3, 4, 30]],
  ['5x5 larger than the image', squareOffsets(5), 'zero', [2, 1, 3]],
  ['5x5 larger than the image', squareOffsets(5), 'wrap', [2, 1, 3]],
  ['a corner', corner, 'zero', [4, 3, 3]],
  ['a corner, wide', corner, 'zero', [4, 3, 20]],
  ['a corner, wide', corner, 'wrap', [4, 3, 20]],
  ['a corner by columns', byColumn, 'zero', [4, 3, 2]],
  ['far taps', far, 'zero', [4, 6, 1]],
  ['far taps', far, 'wrap', [4, 6, 1]],
  ['rows', corner.slice(0, 3).filter(([, column]) => column === 0), 'zero', [5, 1, 12]],
])('%s, %s, images of %s', async (_, offsets, boundary, [height, width, channels]) => {
  const taps = offsets.length;
  const pixelAt = (h: number, w: number): number | undefined => {
    const [row, column] = boundary === 'wrap' ? [modulo(h, height), modulo(w, width)] : [h, w];
    const inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? row * width + column : undefined;
  };
  const pixels = height * width;
  const narrow = new RandomStream(1, 'x').normals(channels * pixels * IMAGES);
  const wide = new RandomStream(1, 'copies').normals(taps * channels * pixels * IMAGES);
  const copies = new Float64Array(wide.length + taps * pixels * IMAGES);
  const sums = new Float64Array(narrow.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    offsets.forEach(([down, right], tap) => {
      const from = pixelAt(Math.floor(pixel / width) + down, (pixel % width) + right);
      for (let n = 0; from !== undefined && n < IMAGES; n++) {
        for (let c = 0; c < channels; c++) {
          const row = (tap * channels + c) * pixels;
          copies[(row + pixel) * IMAGES + n] = narrow[(c * pixels + from) * IMAGES + n]!;
          sums[(c * pixels + pixel) * IMAGES + n]! += wide[(row + from) * IMAGES + n]!;
        }
        copies[((taps * channels + tap) * pixels + pixel) * IMAGES + n] = 1;
      }
    });
  }
  for (const images of [IMAGES, OPEN_BATCH]) {
    const x = input('x', [channels, height, width, images]);
    const y = input('y', [taps * channels, height, width, images]);
    const outputs = {
      copies: unfoldChannels(x, { offsets, boundary }),
      withInside: unfoldChannels(x, { offsets, boundary, inside: true }),
      sums: foldChannels(y, { offsets, boundary }),
    };
    const program = await compile({ inputs: { x, y }, outputs }, { precision: 'float64', threads: 1 });
    const results = await program.run({
      x: { shape: [channels, height, width, IMAGES], data: narrow },
      y: { shape: [taps * channels, height, width, IMAGES], data: wide },
    });
    await program.release();
    expect([...results.copies!.data]).toEqual([...copies.subarray(0, wide.length)]);
    expect([...results.withInside!.data]).toEqual([...copies]);
    results.sums!.data.forEach((sum, index) => {
      expect(sum).toBeCloseTo(sums[index]!, 12);
    });
  }
});

it('sums half of the pixels on a torus, where some taps read none of them', async () => {
  const [height, width] = [3, 4];
  const offsets = squareOffsets(3);
  const half = pixelsOfParity(height, width, 0);
  const values = new RandomStream(1, 'half').normals(offsets.length * half.length);
  const all = new Float64Array(offsets.length * height * width);
  values.forEach((value, index) => {
    all[Math.floor(index / half.length) * height * width + half[index % half.length]!] = value;
  });
  const [x, y] = [
    input('x', [offsets.length, 1, half.length, 1]),
    input('y', [offsets.length, height, width, 1]),
  ];
  const outputs = {
    fromHalf: foldChannels(x, { offsets, boundary: 'wrap', halves: { height, width, read: 0 } }),
    fromAll: foldChannels(y, { offsets, boundary: 'wrap' }),
  };
  const program = await compile({ inputs: { x, y }, outputs }, { precision: 'float64', threads: 1 });
  const { fromHalf, fromAll } = await program.run({
    x: { shape: [offsets.length, 1, half.length, 1], data: values },
    y: { shape: [offsets.length, height, width, 1], data: all },
  });
  await program.release();
  expect(fromHalf!.shape).toEqual([1, height, width, 1]);
  fromHalf!.data.forEach((sum, index) => {
    expect(sum).toBeCloseTo(fromAll!.data[index]!, 12);
  });
});

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}
