// Convolutions against a plain sum over taps and channels, in every form that the engine produces.

import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../../core/numeric/arrays.ts';
import { expectClose } from '../../../testing/golden.ts';
import { asInputs, normalArray, runOnce } from '../../../testing/programValues.ts';
import { gradients } from '../../gradients/gradient.ts';
import {
  type Boundary,
  type ConvolutionOptions,
  convolution,
  type Offset,
  squareOffsets,
} from '../../operations/convolution.ts';
import { multiply, sum } from '../../operations/index.ts';
import { identity, reshape } from '../../operations/layout.ts';
import { constant, input, listTensors, type Tensor } from '../../tensor.ts';
import { imagesFirst, imagesLast } from './batchLast.ts';
import * as batchLast from './batchLastConvolutions.ts';
import type { AffineConvolution } from './convolutions.ts';
import * as batchFirst from './convolutions.ts';

const [IMAGES, HEIGHT, WIDTH] = [2, 4, 6];

/** Σ over taps and channels, (… + bias)·scale, one number at a time. */
function plainConvolution(
  x: NdArray,
  kernel: NdArray,
  { offsets, boundary = 'zero', edge = false }: ConvolutionOptions,
  bias: NdArray,
  scale: NdArray,
): number[] {
  const channels = x.shape[3]!;
  const [, inputs, outputs] = kernel.shape as [number, number, number];
  const modulo = (value: number, length: number) => ((value % length) + length) % length;
  const valueAt = (n: number, h: number, w: number, c: number): number => {
    const [row, column] = boundary === 'wrap' ? [modulo(h, HEIGHT), modulo(w, WIDTH)] : [h, w];
    const inside = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
    if (c === channels) {
      return inside ? 0 : 1;
    }
    return inside ? x.data[((n * HEIGHT + row) * WIDTH + column) * channels + c]! : 0;
  };
  const y: number[] = [];
  for (let pixel = 0; pixel < IMAGES * HEIGHT * WIDTH; pixel++) {
    const [n, h, w] = [
      Math.floor(pixel / (HEIGHT * WIDTH)),
      Math.floor(pixel / WIDTH) % HEIGHT,
      pixel % WIDTH,
    ];
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      offsets.forEach(([down, right], tap) => {
        for (let c = 0; c < channels + (edge ? 1 : 0); c++) {
          sum += valueAt(n, h + down, w + right, c) * kernel.data[(tap * inputs + c) * outputs + o]!;
        }
      });
      y.push((sum + bias.data[o]!) * scale.data[o]!);
    }
  }
  return y;
}

/** The numbers of the pixels with (row + column) mod 2 = parity. */
function pickHalf(values: readonly number[], channels: number, parity: number): number[] {
  return values.filter((_, index) => {
    const pixel = Math.floor(index / channels);
    return (Math.floor(pixel / WIDTH) + (pixel % WIDTH)) % 2 === parity;
  });
}

/** The 1x1 convolution that changes nothing. */
const identityConvolution = (channels: number): AffineConvolution => ({
  offsets: [[0, 0]],
  boundary: 'zero',
  edge: false,
  kernel: reshape(identity(channels), [1, channels, channels]),
});

/** Columns of all images and pixels, in blocks of unlike lengths. */
const blocks = (pixels: number): number[] => [5, IMAGES * pixels - 8, 3];

const corner = (dilation: number): Offset[] => [
  [0, 0],
  [0, dilation],
  [dilation, 0],
  [dilation, dilation],
];
const scattered: Offset[] = [
  [0, 0],
  [0, 1],
  [-2, 1],
  [5, -4],
];

describe.each<[string, Offset[], Boundary, boolean]>([
  ['3x3, zero padding', squareOffsets(3), 'zero', false],
  ['3x3 with an edge channel', squareOffsets(3), 'zero', true],
  ['3x3 with an edge channel, on a torus, which has no edge', squareOffsets(3), 'wrap', true],
  ['5x5 on a torus', squareOffsets(5), 'wrap', false],
  ['a corner', corner(1), 'zero', false],
  ['a corner, dilated by 4, up and left', corner(-4), 'zero', false],
  ['a corner, dilated by 3, on a torus', corner(3), 'wrap', false],
  ['scattered taps', scattered, 'zero', false],
  ['scattered taps with an edge channel', scattered, 'zero', true],
  ['a single tap elsewhere', [[1, 0]], 'zero', false],
  ['1x1', [[0, 0]], 'zero', false],
])('%s', (_, offsets, boundary, edge) => {
  it.each([
    [2, 5],
    [5, 2],
    [3, 3],
    [1, 1],
  ])('%i to %i channels, in every form', async (inputs, outputs) => {
    const arrays = {
      x: normalArray('x', [IMAGES, HEIGHT, WIDTH, inputs]),
      kernel: normalArray('kernel', [offsets.length, inputs + (edge ? 1 : 0), outputs]),
      bias: normalArray('bias', [outputs]),
      scale: normalArray('scale', [outputs]),
    };
    const tensors = asInputs(arrays) as Record<keyof typeof arrays, Tensor>;
    const { x, kernel, bias, scale } = tensors;
    const options = { offsets, boundary, edge };
    const affine: AffineConvolution = { ...options, kernel, bias, scale };
    const plain = convolution(x, kernel, options);
    const outputsByForm: Record<string, Tensor> = {
      plain,
      'batch first': batchFirst.convolved(x, affine),
      'batch first, first in a network': batchFirst.buildNetwork(x, affine, [], identityConvolution(outputs)),
      'batch first, last in a network': batchFirst.buildNetwork(x, identityConvolution(inputs), [], affine),
      'batch last': imagesFirst(batchLast.convolved(imagesLast(x), affine)),
      'batch last, first in a network': imagesFirst(
        batchLast.buildNetwork(imagesLast(x), affine, [], identityConvolution(outputs), blocks),
      ),
      'batch last, last in a network': imagesFirst(
        batchLast.buildNetwork(imagesLast(x), identityConvolution(inputs), [], affine, blocks),
      ),
    };
    if (offsets.length === 1 && offsets[0]!.every((distance) => distance === 0)) {
      outputsByForm['batch first, in a network'] = batchFirst.buildNetwork(
        x,
        identityConvolution(inputs),
        [affine],
        identityConvolution(outputs),
      );
      outputsByForm['batch last, in a network'] = imagesFirst(
        batchLast.buildNetwork(
          imagesLast(x),
          identityConvolution(inputs),
          [affine],
          identityConvolution(outputs),
          blocks,
        ),
      );
    }
    const halves = boundary === 'wrap' ? [] : ([0, 1] as const);
    for (const parity of halves) {
      const half = { ...affine, parity };
      outputsByForm[`half ${parity}, batch last`] = imagesFirst(batchLast.convolved(imagesLast(x), half));
      outputsByForm[`half ${parity}, batch last, last in a network`] = imagesFirst(
        batchLast.buildNetwork(imagesLast(x), identityConvolution(inputs), [], half, blocks),
      );
    }
    const definition = { inputs: tensors, outputs: outputsByForm };
    const results = await runOnce(definition, arrays, 'float64');
    const expected = plainConvolution(arrays.x, arrays.kernel, options, arrays.bias, arrays.scale);
    const zero = { shape: [outputs], data: new Float64Array(outputs) };
    const unitScale = { shape: [outputs], data: new Float64Array(outputs).fill(1) };
    for (const [form, { data }] of Object.entries(results)) {
      const reference =
        form === 'plain' ? plainConvolution(arrays.x, arrays.kernel, options, zero, unitScale) : expected;
      const parity = form.match(/^half (\d)/)?.[1];
      const wanted = parity === undefined ? reference : pickHalf(reference, outputs, Number(parity));
      expectClose(form, data, wanted, 'float64', 1e-12);
    }
  });
});

describe.each([
  [16, 16, false],
  [32, 16, true],
  [16, 40, false],
  [16, 40, true],
])('from %i to %i channels, with an edge channel: %s', (inputs, outputs, edge) => {
  const offsets = squareOffsets(3);
  const arrays = {
    x: normalArray('x', [IMAGES, HEIGHT, WIDTH, inputs]),
    kernel: normalArray('kernel', [9, inputs + (edge ? 1 : 0), outputs]),
    bias: normalArray('bias', [outputs]),
    scale: normalArray('scale', [outputs]),
  };
  const tensors = asInputs(arrays) as Record<keyof typeof arrays, Tensor>;
  const { x, kernel, bias, scale } = tensors;
  const affine: AffineConvolution = { offsets, boundary: 'zero', edge, kernel, bias, scale };

  it.each(['alone', 'last in a network'])(
    '%s, all is convolved at once, in both precisions, with the same gradients',
    async (form) => {
      const dense =
        form === 'alone'
          ? batchLast.convolved(imagesLast(x), affine)
          : batchLast.buildNetwork(imagesLast(x), identityConvolution(inputs), [], affine, blocks);
      const operations = listTensors({ inputs: {}, outputs: { dense } }).map(
        ({ operation }) => operation.name,
      );
      expect(operations).toContain('denseConvolution');
      expect(operations).not.toContain('foldChannels');
      const plain = batchFirst.convolved(x, affine);
      const weight = constant(normalArray('weight', [IMAGES, HEIGHT, WIDTH, outputs]));
      const nameOutputs = (name: string, y: Tensor): Record<string, Tensor> => ({
        [name]: y,
        ...Object.fromEntries(
          gradients(sum(multiply(y, weight)), [x, kernel, bias, scale], constant(1)).map((g, index) => [
            `${name} ${index}`,
            g,
          ]),
        ),
      });
      const definition = {
        inputs: tensors,
        outputs: { ...nameOutputs('dense', imagesFirst(dense)), ...nameOutputs('plain', plain) },
      };
      for (const [precision, tolerance] of [
        ['float64', 1e-12],
        ['float32', 2e-5],
      ] as const) {
        const results = await runOnce(definition, arrays, precision);
        const expected = plainConvolution(
          arrays.x,
          arrays.kernel,
          { offsets, edge },
          arrays.bias,
          arrays.scale,
        );
        expectClose('dense', results.dense!.data, expected, precision, tolerance);
        for (let index = 0; index < 4; index++) {
          const [actual, wanted] = [results[`dense ${index}`]!.data, results[`plain ${index}`]!.data];
          expectClose(`gradient ${index}`, actual, [...wanted], precision, tolerance);
        }
      }
    },
  );
});

it('an edge channel needs a tap at the pixel itself', () => {
  const [x, kernel] = [input('x', [1, 2, 2, 1]), input('kernel', [1, 2, 1])];
  const affine = { offsets: [[0, 1]] as const, boundary: 'zero', edge: true, kernel } as const;
  expect(() => batchFirst.convolved(x, affine)).toThrow('needs a tap at the pixel itself');
});
