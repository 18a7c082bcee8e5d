import { describe, expect, it } from 'vitest';
import { total } from '../../tensor/operations/elementwise.ts';
import * as op from '../../tensor/operations/index.ts';
import { tensorsOf } from '../../tensor/program.ts';
import { input, type Tensor } from '../../tensor/tensor.ts';
import { prepare } from './prepare.ts';

const x = (...shape: number[]): Tensor => input('x', shape);

/** The operations and shapes that a tensor simplifies to, without inputs and constants. */
function preparedOperations(y: Tensor): string[] {
  const { outputs } = prepare({ inputs: {}, outputs: { y } });
  return tensorsOf({ inputs: {}, outputs })
    .filter(({ inputs }) => inputs.length > 0)
    .map(({ operation, shape }) => `${operation.name} ${shape.join('x')}`);
}

describe('operations left out', () => {
  it.each<[string, Tensor, string[]]>([
    ['adding 0', op.add(op.add(0, x(3)), 0), []],
    ['multiplying by 1 and dividing by it', op.divide(op.multiply(1, op.multiply(x(3), 1)), 1), []],
    ['but not 0 − x', op.subtract(0, x(3)), ['subtract 3']],
    ['but not 1 / x', op.divide(1, x(3)), ['divide 3']],
    [
      'functions of plain numbers',
      op.multiply(x(3), op.exp(op.subtract(input('x', []), 0))),
      ['exp ', 'multiply 3'],
    ],
    ['a reshape of a reshape', op.reshape(op.reshape(x(2, 6), [3, 4]), [12]), ['reshape 12']],
    ['a reshape and its inverse', op.exp(op.reshape(op.reshape(x(2, 6), [3, 4]), [2, 6])), ['exp 2x6']],
    ['a copy that broadcasting makes unnecessary', op.add(op.expand(x(3), [2, 3]), x(2, 3)), ['add 2x3']],
    [
      'but not one that determines the shape',
      op.add(op.expand(x(3), [2, 3]), x(3)),
      ['expand 2x3', 'add 2x3'],
    ],
  ])('%s', (_, y, expected) => {
    expect(preparedOperations(y)).toEqual(expected);
  });

  it('folds plain numbers', () => {
    const y = op.add(op.multiply(op.sqrt(op.exp(op.negate(op.log(op.add(1, 3))))), 6), 0);
    const [constant] = Object.values(prepare({ inputs: {}, outputs: { y } }).outputs);
    expect((constant!.attributes as { data: Float64Array }).data[0]).toBeCloseTo(3, 15);
  });
});

describe('operations merged', () => {
  it('no reshape precedes a function between two products', () => {
    const rows = op.reshape(op.product(x(4, 3), x(3, 5)), [2, 2, 5]);
    const y = op.product(op.reshape(op.relu(rows), [4, 5]), x(5, 2));
    expect(preparedOperations(y)).toEqual(['product 4x5', 'relu 4x5', 'product 4x2']);
  });

  it('a product takes the source of a transposed operand', () => {
    const y = op.product(op.transpose(x(2, 3)), op.transpose(x(3, 5)), {
      transposeA: true,
      transposeB: true,
    });
    expect(preparedOperations(y)).toEqual(['product 2x5']);
    expect(prepare({ inputs: {}, outputs: { y } }).outputs.y!.attributes).toEqual({
      transposeA: false,
      transposeB: false,
    });
  });

  it('a column scale is folded into the weights, a shift is not', () => {
    const normalised = op.multiply(op.add(x(2, 2, 3), x(3)), x(3));
    const y = op.product(op.reshape(normalised, [4, 3]), x(3, 5));
    expect(preparedOperations(y)).toEqual([
      'add 2x2x3',
      'reshape 4x3',
      'reshape 3x1',
      'multiply 3x5',
      'product 4x5',
    ]);
    const row = op.product(op.multiply(x(1, 3), x(3)), x(3, 5));
    expect(preparedOperations(row)).toEqual(['multiply 1x3', 'product 1x5']);
  });

  it('summed products are accumulated onto one another, unless they are used elsewhere too', () => {
    const products = Array.from({ length: 3 }, () => op.product(x(4, 2), x(2, 5)));
    const sum = total(products);
    expect(preparedOperations(sum)).toEqual(['product 4x5', 'product 4x5', 'product 4x5']);
    const used = op.add(sum, op.exp(products[1]!));
    expect(preparedOperations(used).filter((name) => name.startsWith('add'))).toHaveLength(2);
  });
});
