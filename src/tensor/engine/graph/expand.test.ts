import { describe, expect, it } from 'vitest';
import * as op from '../../operations/index.ts';
import { input, type Tensor, topologicalOrder } from '../../tensor.ts';
import { findGroups, type Groups } from './expand.ts';

const x = (...shape: number[]): Tensor => input('x', shape);
const square = op.squareOffsets(3);
const convolved = (image: Tensor, out: number): Tensor =>
  op.convolution(image, x(9, image.shape[3]!, out), { offsets: square });
const normalised = (image: Tensor): Tensor => {
  const channels = image.shape[3]!;
  return op.multiply(op.add(image, x(channels)), x(channels));
};
const groups = (...results: Tensor[]): Groups => findGroups(topologicalOrder(results), results);

describe('a convolution', () => {
  it('absorbs the shift and the scale of its channels', () => {
    const convolution = convolved(x(1, 4, 4, 2), 3);
    const y = normalised(convolution);
    const { convolutions, inner } = groups(op.exp(y));
    expect(convolutions.get(y)).toMatchObject({ convolution, result: y });
    expect(convolutions.get(y)!.bias!.shape).toEqual([3]);
    expect(convolutions.get(y)!.scale!.shape).toEqual([3]);
    expect(inner).toEqual(new Set([convolution, y.inputs[0]]));
  });

  it.each<[string, (y: Tensor) => Tensor[]]>([
    ['something else uses it', (y) => [normalised(y), op.exp(y)]],
    ['its value is needed', (y) => [normalised(y), y]],
    ['the term added is not a vector over the channels', (y) => [op.add(y, x(1, 4, 4, 3))]],
    ['the term added is a number', (y) => [op.add(y, 2)]],
    ['it is added to itself', (y) => [op.add(y, y)]],
  ])('is not fused where %s', (_, use) => {
    const convolution = convolved(x(1, 4, 4, 2), 3);
    const { convolutions, inner } = groups(...use(convolution));
    expect(convolutions.get(convolution)).toEqual({ convolution, result: convolution });
    expect(inner.size).toBe(0);
  });
});

describe('a network', () => {
  const network = (image: Tensor): { hidden: Tensor; y: Tensor } => {
    const first = op.relu(normalised(convolved(image, 8)));
    const hidden = op.relu(normalised(op.pointwise(first, x(8, 8))));
    return { hidden, y: normalised(convolved(hidden, 3)) };
  };

  it('is found from its last convolution back to the first, with everything between', () => {
    const image = x(1, 4, 4, 2);
    const { y } = network(image);
    const { networks, inner } = groups(op.exp(y));
    const { first, between, last } = networks.get(y)!;
    expect(networks.size).toBe(1);
    expect(first.convolution.inputs[0]).toBe(image);
    expect(between).toHaveLength(3);
    expect(last.result).toBe(y);
    expect(inner.has(y)).toBe(false);
    expect(inner.has(first.result)).toBe(true);
  });

  it.each<[string, () => Tensor[]]>([
    [
      'a hidden result is used elsewhere',
      () => {
        const { hidden, y } = network(x(1, 4, 4, 2));
        return [y, op.exp(hidden)];
      },
    ],
    ['nothing is between two convolutions', () => [convolved(convolved(x(1, 4, 4, 2), 8), 3)]],
    [
      'the function between is not elementwise',
      () => [convolved(op.flip(convolved(x(1, 4, 4, 2), 8), 1), 3)],
    ],
  ])('is absent, or a smaller one, where %s', (_, build) => {
    const { networks } = groups(...build());
    expect([...networks.values()].every(({ between }) => between.length < 3)).toBe(true);
  });

  it('starts again after a convolution in the middle with more than one tap', () => {
    const middle = convolved(op.relu(convolved(x(1, 4, 4, 2), 8)), 4);
    const y = convolved(op.relu(middle), 2);
    const { networks } = groups(y);
    expect([...networks.keys()]).toEqual([y]);
    expect(networks.get(y)!.first.result).toBe(middle);
  });
});
