import { expect, it } from 'vitest';
import { complexInverse, complexLogAbsDet, multiply, reshape } from '../operations/index.ts';
import { input } from '../tensor.ts';
import { Operands } from './hostPart.ts';

it('a tensor that several operations of the host take is one output of the prelude', () => {
  const matrices = input('matrices', [2, 5, 3, 3]);
  const scaled = multiply(matrices, 2);
  const [logAbsDet, inverse] = [complexLogAbsDet(scaled), complexInverse(scaled)];
  const operands = new Operands(new Map(), new Map([[matrices, 'matrices']]));
  const [first, second] = [logAbsDet, inverse].map(({ inputs }) => operands.of(inputs[0]!));
  // Equal arrays are decomposed once: see `hostedValue`.
  expect(second).toEqual(first);
  expect(operands.outputs()).toEqual({ operand0: scaled });
  expect(operands.of(multiply(matrices, 3))).toMatchObject({ name: 'operand1' });
});

it('a part of an input is read from the input', () => {
  const vector = input('vector', [18]);
  const operands = new Operands(new Map(), new Map([[vector, 'vector']]));
  expect(operands.of(reshape(vector, [2, 1, 3, 3]))).toEqual({
    ...{ name: 'input vector', start: 0, shape: [2, 1, 3, 3] },
  });
  expect(operands.outputs()).toEqual({});
});
