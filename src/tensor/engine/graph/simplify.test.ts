import { describe, expect, it } from 'vitest';
import { total } from '../../operations/elementwise.ts';
import * as op from '../../operations/index.ts';
import { input, listTensors, type Tensor } from '../../tensor.ts';
import { prepare } from './prepare.ts';

const x = (...shape: number[]): Tensor => input('x', shape);

/** The operations and shapes that a tensor simplifies to, without inputs and constants. */
function preparedOperations(y: Tensor): string[] {
  const { outputs } = prepare({ inputs: {}, outputs: { y } });
  return listTensors({ inputs: {}, outputs })
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
    ['adding −x', op.add(x(3), op.negate(x(3))), ['subtract 3']],
    ['adding to −x', op.add(op.negate(x(3)), x(3)), ['subtract 3']],
    ['subtracting −x', op.subtract(x(3), op.negate(x(3))), ['add 3']],
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
    const normalised = op.multiply(op.add(x(2, 4, 3), x(3)), x(3));
    const y = op.product(op.reshape(normalised, [8, 3]), x(3, 5));
    expect(preparedOperations(y)).toEqual([
      'add 2x4x3',
      'reshape 8x3',
      'reshape 3x1',
      'multiply 3x5',
      'product 8x5',
    ]);
    const row = op.product(op.multiply(x(1, 3), x(3)), x(3, 5));
    expect(preparedOperations(row)).toEqual(['multiply 1x3', 'product 1x5']);
  });

  it('a row scale is folded into the weights of a larger matrix, a shift is not', () => {
    const normalised = op.multiply(op.add(x(3, 2, 4), x(3, 1, 1)), x(3, 1, 1));
    const y = op.product(x(5, 3), op.reshape(normalised, [3, 8]));
    expect(preparedOperations(y)).toEqual([
      'add 3x2x4',
      'reshape 3x8',
      'reshape 3',
      'multiply 5x3',
      'product 5x8',
    ]);
  });

  it('summed products are accumulated onto one another, unless they are used elsewhere too', () => {
    const products = Array.from({ length: 3 }, () => op.product(x(4, 2), x(2, 5)));
    const sum = total(products);
    expect(preparedOperations(sum)).toEqual(['product 4x5', 'product 4x5', 'product 4x5']);
    const used = op.add(sum, op.exp(products[1]!));
    expect(preparedOperations(used).filter((name) => name.startsWith('add'))).toHaveLength(2);
  });
});

describe('parts of products', () => {
  const a = x(6, 4);
  const product = () => op.product(a, x(4, 10));
  const padded = (part: Tensor, before: number, after: number) => op.pad(part, 1, before, after);

  it.each<[string, (full: Tensor) => Tensor]>([
    ['a product', (full) => full],
    ['a reshape of it', (full) => op.reshape(full, [6, 2, 5])],
  ])('of %s only the rows that are needed are computed', (_, shaped) => {
    const names = preparedOperations(op.slice(shaped(product()), 0, 1, 3));
    expect(names).toContain('product 2x10');
    expect(names).not.toContain('product 6x10');
    const full = shaped(product());
    const sumOfBoth = op.add(op.sum(op.slice(full, 0, 1, 3)), op.sum(full));
    expect(preparedOperations(sumOfBoth).filter((name) => name.startsWith('product'))).toEqual([
      'product 6x10',
    ]);
  });

  it('of a product with a transposed left operand too', () => {
    const y = op.slice(op.product(x(4, 6), x(4, 10), { transposeA: true }), 0, 0, 2);
    expect(preparedOperations(y)).toEqual(['slice 4x2', 'product 2x10']);
  });

  it('of products side by side too', () => {
    const sides = total([padded(product(), 0, 10), padded(product(), 10, 0)]);
    const names = preparedOperations(op.slice(sides, 0, 0, 2));
    expect(names.filter((name) => name.startsWith('product'))).toEqual(['product 2x10', 'product 2x10']);
    expect(names.at(-1)).toBe('concatenate 2x20');
  });

  it('a weight gradient that is transposed is computed as its transpose, unless that takes longer', () => {
    const along = (rows: number, columns: number) =>
      op.product(x(rows, 999), x(columns, 999), { transposeB: true });
    expect(preparedOperations(op.transpose(along(3, 2)))).toEqual(['product 2x3']);
    expect(preparedOperations(op.transpose(total([along(3, 2), along(3, 2)])))).toEqual([
      'product 2x3',
      'product 2x3',
    ]);
    expect(preparedOperations(op.transpose(along(2, 3)))).toEqual(['product 2x3', 'transpose 3x2']);
    // Fewer columns are multiplied, sixteen at a time, or fewer numbers are packed.
    expect(preparedOperations(op.transpose(along(512, 54)))).toEqual(['product 54x512']);
    expect(preparedOperations(op.transpose(along(512, 63)))).toEqual(['product 512x63', 'transpose 63x512']);
    // Weights that are products themselves are the same in programs with and without gradients.
    expect(preparedOperations(op.transpose(op.product(x(4, 4), x(4, 4))))).toHaveLength(2);
    const used = along(3, 2);
    const sumOfBoth = op.add(op.sum(op.transpose(used)), op.sum(used));
    expect(preparedOperations(sumOfBoth)).toContain('transpose 2x3');
  });

  it('a product that is a result is not computed twice', () => {
    const p = op.product(x(2, 9), x(3, 9), { transposeB: true });
    const { outputs } = prepare({ inputs: {}, outputs: { p, q: op.transpose(p), r: op.slice(p, 0, 0, 1) } });
    const products = listTensors({ inputs: {}, outputs }).filter(
      ({ operation }) => operation.name === 'product',
    );
    expect(products).toHaveLength(1);
  });
});
