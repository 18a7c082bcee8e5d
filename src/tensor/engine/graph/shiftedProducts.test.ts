// Products next to shifted copies: what is copied.
import { describe, expect, it } from 'vitest';
import { normalArray, runOnce } from '../../../testing/programValues.ts';
import {
  type Boundary,
  foldChannels,
  foldChannelsOperation,
  squareOffsets,
  unfoldChannels,
  unfoldChannelsOperation,
} from '../../operations/convolution.ts';
import { concatenate, reshape, slice, split } from '../../operations/layout.ts';
import { product } from '../../operations/linearAlgebra.ts';
import { constant, input, isComputedBy, listTensors, type Tensor } from '../../tensor.ts';
import { prepare } from './prepare.ts';

const TAPS = squareOffsets(3);
const [HEIGHT, WIDTH, IMAGES] = [4, 6, 5];
const COLUMNS = HEIGHT * WIDTH * IMAGES;

const matrix = (name: string, rows: number, columns: number): Tensor =>
  constant(normalArray(name, [rows, columns]));

describe('the sum of shifted products', () => {
  const sumTaps = (perTap: Tensor, boundary: Boundary = 'zero'): Tensor =>
    foldChannels(reshape(perTap, [perTap.shape[0]!, HEIGHT, WIDTH, IMAGES]), { offsets: TAPS, boundary });
  const x = input('x', [7, COLUMNS]);
  const weights = matrix('m', 9 * 2, 7);
  /** Whether the sums of a program read zeros that come with a product, and the rows of its products. */
  const inspectPrepared = (...outputs: Tensor[]): { zeros: boolean[]; rows: number[] } => {
    const named = Object.fromEntries(outputs.map((tensor, index) => [`y${index}`, tensor]));
    const tensors = listTensors(prepare({ inputs: { x }, outputs: named }));
    return {
      zeros: tensors.flatMap((tensor) =>
        isComputedBy(foldChannelsOperation, tensor) ? tensor.attributes.zeros : [],
      ),
      rows: tensors.flatMap(({ operation, shape }) => (operation.name === 'product' ? shape[0]! : [])),
    };
  };

  it('takes its zeros from the product', () => {
    expect(inspectPrepared(sumTaps(product(weights, x)))).toEqual({ zeros: [true], rows: [19] });
    const transposed = product(matrix('t', 7, 18), x, { transposeA: true });
    expect(inspectPrepared(sumTaps(transposed))).toEqual({ zeros: [true], rows: [19] });
  });

  it('takes them from products of blocks', () => {
    const blocks = split(x, 1, [50, COLUMNS - 50]).map((block) => product(weights, block));
    expect(inspectPrepared(sumTaps(concatenate(blocks, 1)))).toEqual({ zeros: [true], rows: [19, 19] });
  });

  it.each<[string, () => Tensor[]]>([
    ['it wraps around', () => [sumTaps(product(weights, x), 'wrap')]],
    [
      'something else uses the product',
      () => {
        const y = product(weights, x);
        return [sumTaps(y), y];
      },
    ],
    ['the product has a bias', () => [sumTaps(product(weights, x, { bias: matrix('b', 18, 1) }))]],
    [
      'the right operand is transposed',
      () => [sumTaps(product(weights, matrix('r', COLUMNS, 7), { transposeB: true }))],
    ],
    [
      'a block is not a product',
      () => [sumTaps(concatenate([product(weights, slice(x, 1, 0, 60)), matrix('p', 18, 60)], 1))],
    ],
    [
      'a row of the product is a long sum',
      () => [sumTaps(product(matrix('m', 18, 80), product(matrix('h', 80, 7), x)))],
    ],
  ])('makes its own where %s', (_, build) => {
    const { zeros, rows } = inspectPrepared(...build());
    expect(zeros).toEqual([false]);
    expect(rows).not.toContain(19);
  });

  it('is left alone where the rows of the matrix are not its channels', () => {
    const y = foldChannels(
      reshape(product(matrix('f', 18 * HEIGHT, 7), input('x', [7, WIDTH * IMAGES])), [
        18,
        HEIGHT,
        WIDTH,
        IMAGES,
      ]),
      { offsets: TAPS, boundary: 'zero' },
    );
    const tensors = listTensors(prepare({ inputs: {}, outputs: { y } }));
    const folds = tensors.flatMap((tensor) => (isComputedBy(foldChannelsOperation, tensor) ? [tensor] : []));
    expect(folds.map(({ attributes: { zeros } }) => zeros)).toEqual([false]);
  });
});

describe('shifted copies', () => {
  const x = input('x', [2, HEIGHT, WIDTH, IMAGES]);
  const rows = reshape(unfoldChannels(x, { offsets: TAPS, boundary: 'zero', inside: true }), [27, COLUMNS]);
  /** The pixels of the copies that a program makes: all if undefined. */
  const copiedPixels = (outputs: Record<string, Tensor>): unknown[] =>
    listTensors(prepare({ inputs: { x }, outputs })).flatMap((tensor) =>
      isComputedBy(unfoldChannelsOperation, tensor) ? [tensor.attributes.pixels] : [],
    );
  const applied = (parts: readonly Tensor[]): Record<string, Tensor> =>
    Object.fromEntries(parts.map((part, index) => [`y${index}`, product(matrix('w', 3, 27), part)]));

  it('are made for each part that is used', async () => {
    const outputs = applied(split(rows, 1, [IMAGES * 10, COLUMNS - IMAGES * 10]));
    expect(copiedPixels(outputs)).toEqual([
      [0, 10],
      [10, 24],
    ]);
    const arrays = { x: normalArray('x', x.shape) };
    const [parts, complete] = await Promise.all(
      [outputs, { y: product(matrix('w', 3, 27), rows) }].map((each) =>
        runOnce({ inputs: { x }, outputs: each }, arrays, 'float64'),
      ),
    );
    for (const [index, start, end] of [
      [0, 0, 50],
      [1, 50, COLUMNS],
    ] as const) {
      const expected = [0, 1, 2].flatMap((row) => [
        ...complete!.y!.data.subarray(row * COLUMNS + start, row * COLUMNS + end),
      ]);
      expect([...parts![`y${index}`]!.data]).toEqual(expected);
    }
  });

  it.each<[string, Record<string, Tensor>]>([
    ['a part ends within a pixel', applied(split(rows, 1, [IMAGES * 10 + 1, COLUMNS - IMAGES * 10 - 1]))],
    [
      'something uses them as a whole',
      { ...applied(split(rows, 1, [50, COLUMNS - 50])), all: product(matrix('v', 3, 27), rows) },
    ],
    [
      'the rows of the matrix are not their channels',
      {
        y: slice(
          reshape(unfoldChannels(x, { offsets: TAPS, boundary: 'zero', inside: true }), [
            27 * HEIGHT,
            WIDTH * IMAGES,
          ]),
          1,
          0,
          IMAGES,
        ),
      },
    ],
    ['they are a result', { ...applied(split(rows, 1, [50, COLUMNS - 50])), rows }],
  ])('are made once where %s', (_, outputs) => {
    expect(copiedPixels(outputs)).toEqual([undefined]);
  });
});
