// Shapes: broadcasting, lengths with an open batch, and the errors when a graph is built.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as op from './operations/index.ts';
import {
  broadcastShapes,
  elementCount,
  input,
  OPEN_BATCH,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
} from './tensor.ts';

const x = (...shape: number[]): Tensor => input('x', shape);
const corner: op.Offset[] = [
  [0, 0],
  [1, 0],
];

/** Broadcasting as numpy defines it: ones in front of the shorter shape, then axis by axis. */
function naiveBroadcast(a: Shape, b: Shape): Shape | undefined {
  const leftShape = [...a];
  const right = [...b];
  while (leftShape.length < right.length) {
    leftShape.unshift(1);
  }
  while (right.length < leftShape.length) {
    right.unshift(1);
  }
  const pairs = leftShape.map((length, axis) => new Set([length, right[axis]!]));
  for (const pair of pairs) {
    if (pair.size === 2) {
      pair.delete(1);
    }
  }
  return pairs.every((pair) => pair.size === 1) ? pairs.map((pair) => [...pair][0]!) : undefined;
}

/** Few lengths, so that many pairs fit; an open batch at the front at most. */
const shapes = fc
  .tuple(
    fc.constantFrom<number[]>([], [], [OPEN_BATCH], [-4]),
    fc.array(fc.constantFrom(1, 1, 2, 3), { maxLength: 4 }),
  )
  .map(([batch, innerShape]) => [...batch, ...innerShape]);

describe('broadcastShapes', () => {
  it('agrees with the naive rule', () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        expect(broadcastShapes(a, b)).toEqual(naiveBroadcast(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it('determines what elementwise operations accept', () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const out = broadcastShapes(a, b);
        const open = out?.filter((length) => length < 0).length ?? 0;
        if (out && open < 2) {
          expect(op.multiply(x(...a), x(...b)).shape).toEqual(out);
        } else {
          expect(() => op.multiply(x(...a), x(...b))).toThrow(ShapeError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('an open batch', () => {
  it('is counted in multiples', () => {
    expect(elementCount([OPEN_BATCH, 4, 3, 2])).toBe(-24);
    expect(elementCount([])).toBe(1);
    expect(showShape([OPEN_BATCH, 4, 2])).toBe('[N, 4, 2]');
    expect(showShape([-12, 2])).toBe('[12·N, 2]');
    expect(showShape([])).toBe('[]');
    expect(sameShape([OPEN_BATCH, 2], [1, 2])).toBe(false);
  });

  const images = x(OPEN_BATCH, 4, 3, 2);

  it.each<[string, Tensor, number[]]>([
    ['pixels as rows', op.reshape(images, [-12, 2]), [-12, 2]],
    ['a product of the rows', op.product(op.reshape(images, [-12, 2]), x(2, 5)), [-12, 5]],
    ['and back', op.reshape(op.reshape(images, [-12, 2]), [OPEN_BATCH, 4, 3, 2]), [OPEN_BATCH, 4, 3, 2]],
    ['the batch on another axis', op.transpose(images, [1, 2, 0, 3]), [4, 3, OPEN_BATCH, 2]],
    ['sum per image', op.sumPerImage(images), [OPEN_BATCH]],
    ['sum over the batch', op.sum(images, [0]), [4, 3, 2]],
    ['two concatenated batches', op.concatenate([images, images], 0), [-2, 4, 3, 2]],
    ['unfold', op.unfold(images, corner), [OPEN_BATCH, 4, 3, 4]],
    ['a transposed product over the batch', op.product(x(-12, 2), x(-12, 5), { transposeA: true }), [2, 5]],
  ])('%s', (_, { shape }, expected) => {
    expect(shape).toEqual(expected);
  });
});

describe('mismatched shapes are found when the graph is built', () => {
  const image = x(2, 4, 3, 2);
  it.each<[string, () => unknown]>([
    ['add([2, 3], [2]): the shapes do not broadcast', () => op.add(x(2, 3), x(2))],
    ['maximum([N, 3], [2, 3]): the shapes do not broadcast', () => op.maximum(x(OPEN_BATCH, 3), x(2, 3))],
    [
      'multiply([N, 1], [1, N]): two axes of [N, N] depend on the open batch',
      () => op.multiply(x(OPEN_BATCH, 1), x(1, OPEN_BATCH)),
    ],
    ['sum([2, 3]): no such axes: 2', () => op.sum(x(2, 3), [2])],
    ['reshape([2, 3]): [4] has a different number of elements', () => op.reshape(x(2, 3), [4])],
    ['transpose([2, 3]): [0, 0] is not a permutation of its axes', () => op.transpose(x(2, 3), [0, 0])],
    ['slice([2, 3]): no range 1 to 4 on axis 1', () => op.slice(x(2, 3), 1, 1, 4)],
    ['slice([N, 3]): no range 0 to 1 on axis 0', () => op.slice(x(OPEN_BATCH, 3), 0, 0, 1)],
    [
      'concatenate([2, 3], [2, 4]): the shapes differ on an axis other than 0',
      () => op.concatenate([x(2, 3), x(2, 4)], 0),
    ],
    [
      'concatenate([N, 3], [2, 3]): an open batch and a known length do not add up',
      () => op.concatenate([x(OPEN_BATCH, 3), x(2, 3)], 0),
    ],
    ['pad([2]): it has no axis 1 of known length', () => op.pad(x(2), 1, 0, 1)],
    ['sum([2, 3]): no such axes: 0.5', () => op.sum(x(2, 3), [0.5])],
    ['max([N, 3]): no such axes: 2', () => op.max(x(OPEN_BATCH, 3), [2])],
    ['clip([3]): the limit must be at least 0, not -1', () => op.clip(x(3), -1)],
    [
      'reshape([2, 3]): [1.5, 4] is not a shape: lengths must be whole and positive',
      () => op.reshape(x(2, 3), [1.5, 4]),
    ],
    ['input(): [0, 3] is not a shape: lengths must be whole and positive', () => x(0, 3)],
    ['slice([4]): no range 0.5 to 2 on axis 0', () => op.slice(x(4), 0, 0.5, 2)],
    ['split([2, 5]): the lengths 2, 2 do not add up to axis 1', () => op.split(x(2, 5), 1, [2, 2])],
    ['split([N, 5]): the lengths 1 do not add up to axis 0', () => op.split(x(OPEN_BATCH, 5), 0, [1])],
    ['concatenate(): there is nothing to concatenate', () => op.concatenate([], 0)],
    ['pad([2]): it cannot be padded by -1 and 0', () => op.pad(x(2), 0, -1, 0)],
    ['flip([N, 3]): it has no axis 0 of known length', () => op.flip(x(OPEN_BATCH, 3), 0)],
    ['constant(): 0 values do not fill [N, 3]', () => op.zeros([OPEN_BATCH, 3])],
    [
      'expand([3]): [N, 3] needs a tensor with the open batch for its size',
      () => op.expand(x(3), [OPEN_BATCH, 3]),
    ],
    [
      'expand([3], [N, 2]): does not broadcast to [N, 3]',
      () => op.expand(x(3), [OPEN_BATCH, 3], x(OPEN_BATCH, 2)),
    ],
    ['expand([2, 3]): does not broadcast to [3, 3]', () => op.expand(x(2, 3), [3, 3])],
    ['reorder([3]): [0, 1] is not a permutation of axis 0', () => op.reorder(x(3), 0, [0, 1])],
    ['product([2, 3], [2, 3]): the inner lengths 3 and 2 differ', () => op.product(x(2, 3), x(2, 3))],
    ['product([2], [2, 3]): both must be matrices', () => op.product(x(2), x(2, 3))],
    [
      'product([2, 3], [3, 4], [3]): the bias must have shape [4] or [2, 1] or [2, 4]',
      () => op.product(x(2, 3), x(3, 4), { bias: x(3) }),
    ],
    [
      'unfold([2, 3]): the image must have the axes batch, row, column, channel',
      () => op.unfold(x(2, 3), [[1, 0]]),
    ],
    [
      'fold([2, 4, 3, 2]): the image must have a multiple of 3 channels',
      () => op.fold(image, [...corner, [2, 0]]),
    ],
    [
      'convolution([2, 4, 3, 2], [2, 2, 5]): the kernel takes 2 channels, including the edge channel',
      () => op.convolution(image, x(2, 2, 5), { offsets: corner, edge: true }),
    ],
    [
      'convolution([2, 4, 3, 2], [3, 2, 5]): images [N, H, W, C] need a kernel [2, in, out]',
      () => op.convolution(image, x(3, 2, 5), { offsets: corner }),
    ],
    [
      'convolution([2, N, 3, 2], [2, 2, 5]): images [N, H, W, C] need a kernel [2, in, out]',
      () => op.convolution(x(2, OPEN_BATCH, 3, 2), x(2, 2, 5), { offsets: corner }),
    ],
    [
      'convolution([2, 4, 3, 2], [4, 2, 5]): the offsets must be whole numbers',
      () => op.convolution(image, x(4, 2, 5), { offsets: op.squareOffsets(2) }),
    ],
    ['unfold([2, 4, 3, 2]): the offsets must be whole numbers', () => op.unfold(image, [[0.5, 0]])],
    ['fold([2, 4, 3, 2]): the offsets must be whole numbers', () => op.fold(image, [[0, Number.NaN]])],
    [
      'expConvolution([2, 4, 3, 2], [1, 2, 2]): the offsets must be whole numbers',
      () => op.expConvolution(image, x(1, 2, 2), { offsets: [[-0.5, 0]], normBound: 1 }),
    ],
    [
      'everyOther([2, 4, 3, N]): images must have the axes batch, row, column, channel',
      () => op.everyOther(x(2, 4, 3, OPEN_BATCH), 0),
    ],
    [
      'everyOther([2, 1, 1, 3]): [2, 1, 0, 3] is not a shape: lengths must be whole and positive',
      () => op.everyOther(x(2, 1, 1, 3), 1),
    ],
    [
      'expConvolution([2, 4, 3, 2], [2, 2, 2, 5]): images [N, H, W, C] need a kernel [2, C, C]',
      () => op.expConvolution(image, x(2, 2, 2, 5), { offsets: corner, normBound: 1 }),
    ],
    [
      'solveCorner([2, 4, N, 2], [3, 3, 2, 2]): images [N, H, W, C] need a kernel [side, side, C, C]',
      () => op.solveCorner(x(2, 4, OPEN_BATCH, 2), x(3, 3, 2, 2), { dilation: 1 }),
    ],
    [
      'stackedProduct([2, 3, 4], [2, 3, 4]): the stacks must have equally many matrices of the same inner length',
      () => op.stackedProduct(x(2, 3, 4), x(2, 3, 4)),
    ],
    ['logAbsDet([3, N]): the matrices must be square', () => op.logAbsDet(x(3, OPEN_BATCH))],
    ['inverse([3]): the matrices must be square', () => op.inverse(x(3))],
    [
      'complexLogAbsDet([3, 2, 2]): expected the real parts of square matrices, then their imaginary parts',
      () => op.complexLogAbsDet(x(3, 2, 2)),
    ],
    [
      'complexInverse([2, 2]): expected the real parts of square matrices, then their imaginary parts',
      () => op.complexInverse(x(2, 2)),
    ],
  ])('%s', (message, build) => {
    expect(build).toThrow(expect.objectContaining({ name: 'ShapeError', message }));
  });
});
