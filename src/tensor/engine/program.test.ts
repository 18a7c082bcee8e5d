// Compiled programs: names, feeds, constant folding, and host computations.

import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { expectClose } from '../../testing/golden.ts';
import { normalArray as random, runOnce } from '../../testing/programValues.ts';
import * as op from '../operations/index.ts';
import { constant, input, OPEN_BATCH, type Precision, type Tensor } from '../tensor.ts';
import type { NamedArrays } from './arrays.ts';
import { compile, evaluate, Program } from './program.ts';

const array = (shape: number[], ...values: number[]): NdArray => ({
  shape,
  data: Float64Array.from(values),
});

const run = (
  inputs: Record<string, Tensor>,
  outputs: Record<string, Tensor>,
  feeds: NamedArrays,
  precision: Precision = 'float64',
) => runOnce({ inputs, outputs }, feeds, precision);

describe('an input', () => {
  it('may be any tensor: what it depends on is not computed, not by the host either', async () => {
    const [w, x] = [input('w', [1, 1]), input('x', [2])];
    const replaced = op.exp(op.multiply(x, op.logAbsDet(w)));
    const constantSum = op.add(constant(array([2], 1, 2)), 3);
    const y = op.add(op.multiply(replaced, 2), constantSum);
    const result = await run(
      { given: replaced, known: constantSum },
      { y },
      { given: array([2], 5, 7), known: array([2], 1, 1) },
    );
    expect(result).toEqual({ y: array([2], 11, 15) });
  });
});

describe('names', () => {
  it('may belong to an input and an output at once', async () => {
    const [a, b] = [input('a', [2]), input('b', [2])];
    const feeds = { a: array([2], 1, 2), b: array([2], 10, 20) };
    const result = await run({ a, b }, { a: op.add(a, b), b: a }, feeds);
    expect(result).toEqual({ a: array([2], 11, 22), b: array([2], 1, 2) });
  });

  it('may be any string, such as a name of constants, nodes and host results in the session', async () => {
    const w = input('w', [1, 1]);
    const four = op.multiply(op.add(w, 1), op.exp(op.logAbsDet(op.add(w, 2))));
    const names = ['c0', 'c1', '%0', '%1', 'host0', 'operand0', 'input w', 'output w', 'w', ''];
    const outputs = Object.fromEntries(names.map((name) => [name, four]));
    const result = await run({ w }, outputs, { w: array([1, 1], 2) });
    for (const name of names) {
      expect(result[name]!.data[0], name).toBeCloseTo(12, 12);
    }
  });

  it('of inputs do not collide with names of the prelude’s results', async () => {
    const [a, b] = [input('a', [1, 1]), input('b', [1, 1])];
    const y = op.add(op.logAbsDet(a), op.logAbsDet(op.exp(b)));
    const feeds = { operand0: array([1, 1], 2), b: array([1, 1], 0.5) };
    const result = await run({ operand0: a, b }, { y }, feeds);
    expect(result.y!.data[0]).toBeCloseTo(Math.log(2) + 0.5, 14);
  });

  it('of outputs may share a tensor, be inputs, or be constants', async () => {
    const x = input('x', [2]);
    const sum = op.add(x, 1);
    const fixed = constant(array([2], 7, 8));
    const outputs = { first: sum, second: sum, x, again: x, fixed, fixedSum: op.add(fixed, fixed) };
    const result = await run({ x }, outputs, { x: array([2], 1, 2) });
    expect(result.first).toEqual(array([2], 2, 3));
    expect(result.second).toEqual(result.first);
    expect(result.x).toEqual(array([2], 1, 2));
    expect(result.again).toEqual(result.x);
    expect(result.fixed).toEqual(array([2], 7, 8));
    expect(result.fixedSum).toEqual(array([2], 14, 16));
  });

  it('must cover every input that an output needs', async () => {
    const [a, b] = [input('a', [2]), input('hidden', [2])];
    await expect(compile({ inputs: { a }, outputs: { y: op.add(a, b) } })).rejects.toThrow(
      "the program uses the input 'hidden' but does not list it",
    );
  });
});

describe('feeds', () => {
  const [x, w] = [input('x', [OPEN_BATCH, 2]), input('w', [2])];
  const rows = input('rows', [-3, 2]);
  const definition = { inputs: { x, w, rows }, outputs: { y: op.multiply(x, w), z: op.exp(rows) } };
  const good = { x: random('x', [2, 2]), w: random('w', [2]), rows: random('rows', [6, 2]) };

  it.each<[string, NamedArrays]>([
    ["the program's input 'w' is missing", { x: good.x, rows: good.rows }],
    ["the input 'w' must have shape [2], not [3]", { ...good, w: random('w', [3]) }],
    ["the input 'w' must have shape [2], not [2, 1]", { ...good, w: random('w', [2, 1]) }],
    ["the input 'x' must have shape [N, 2], not [2, 3]", { ...good, x: random('x', [2, 3]) }],
    ["the input 'rows' must have shape [3·N, 2], not [4, 2]", { ...good, rows: random('r', [4, 2]) }],
    ["the input 'w' has 3 values for shape [2]", { ...good, w: { ...random('w', [3]), shape: [2] } }],
    ["the inputs 'x' and 'rows' have batch sizes 2 and 3", { ...good, rows: random('r', [9, 2]) }],
  ])('%s', async (message, feeds) => {
    const program = await compile(definition);
    await expect(program.run(feeds)).rejects.toThrow(message);
    expect((await program.run(good)).y!.shape).toEqual([2, 2]);
    await program.release();
  });

  it('may have either precision, regardless of the precision of the program', async () => {
    const single = { shape: [2], data: Float32Array.of(0.1, -3) };
    for (const precision of ['float32', 'float64'] as const) {
      const y = op.multiply(w, 2);
      const fromSingle = await run({ w }, { y }, { w: single }, precision);
      expect([...fromSingle.y!.data]).toEqual([2 * Math.fround(0.1), -6]);
      const fromDouble = await run({ w }, { y }, { w: array([2], 0.1, -3) }, precision);
      expect(fromDouble.y!.data[0]).toBe(precision === 'float32' ? 2 * Math.fround(0.1) : 0.2);
    }
  });
});

describe('into', () => {
  const x = input('x', [2]);
  const definition = { inputs: { x }, outputs: { y: op.add(x, 1), z: op.multiply(x, 2), x } };

  it('writes to the given arrays, also as parts of larger ones, and allocates the others', async () => {
    const program = await compile(definition);
    const buffer = new Float32Array(4);
    const into = {
      y: { shape: [2], data: buffer.subarray(1, 3) },
      x: { shape: [2], data: new Float32Array(2) },
    };
    const result = await program.run({ x: array([2], 5, 6) }, into);
    expect([...buffer]).toEqual([0, 6, 7, 0]);
    expect([...into.x.data]).toEqual([5, 6]);
    expect(result.y!.data).toBe(into.y.data);
    expect([...result.z!.data]).toEqual([10, 12]);
    await program.release();
  });

  it('rejects arrays of another precision or shape', async () => {
    const program = await compile(definition);
    const feeds = { x: array([2], 5, 6) };
    await expect(program.run(feeds, { y: array([2], 0, 0) })).rejects.toThrow(
      "the array for the output 'y' must be float32",
    );
    await expect(program.run(feeds, { y: { shape: [3], data: new Float32Array(3) } })).rejects.toThrow(
      /invalid dimensions for output: output y/,
    );
    await program.release();
  });
});

describe('what depends only on constants', () => {
  // 1 + 1e-9 is 1 in float32, and exp(90) overflows.
  const near = constant(array([2], 1 + 1e-9, 1 - 2e-9));
  const small = op.multiply(op.subtract(near, constant(array([2], 1, 1))), 1e9);
  const large = op.multiply(op.exp(constant(array([2], 90, 91))), op.exp(constant(array([2], -90, -90))));
  const matrix = random('matrix', [3, 3]);

  it('is computed in float64 and rounded once', async () => {
    const x = input('x', [2]);
    const outputs = { small, large, used: op.multiply(x, op.add(small, large)) };
    const single = await run({ x }, outputs, { x: array([2], 1, 1) }, 'float32');
    const double = await run({ x }, outputs, { x: array([2], 1, 1) });
    expect(double.small!.data[0]).toBeCloseTo(1, 6);
    expect(double.large!.data[1]).toBeCloseTo(Math.E, 10);
    for (const name of Object.keys(outputs)) {
      expect(single[name]!.data, name).toEqual(Float32Array.from(double[name]!.data));
    }
  });

  it('includes determinants and inverses, and what depends on them', async () => {
    const w = constant(matrix);
    const identity = op.product(op.inverse(w), w);
    const logDet = op.add(op.logAbsDet(w), op.logAbsDet(op.inverse(w)));
    const x = input('x', [3, 3]);
    const outputs = { y: op.product(x, identity), logDet };
    const { y, logDet: sum } = await run({ x }, outputs, { x: random('x', [3, 3]) }, 'float32');
    expect(y!.data).toEqual(Float32Array.from(random('x', [3, 3]).data));
    expect(Math.abs(sum!.data[0]!)).toBeLessThan(1e-14);
  });

  it('can be evaluated by itself', async () => {
    const [value, scalar] = await evaluate([small, op.sum(large)]);
    expect(value!.data).toBeInstanceOf(Float64Array);
    expect(value!.data[1]).toBeCloseTo(-2, 6);
    expect(scalar!.shape).toEqual([]);
  });
});

describe('operations on the host', () => {
  const matrix = random('matrix', [3, 3]);
  const flat = array([14], 8, 8, ...matrix.data, 9, 9, 9);
  const w = input('w', [3, 3]);
  const vector = input('vector', [14]);
  const inside = op.reshape(op.slice(vector, 0, 2, 11), [3, 3]);
  const slicedTwice = op.reshape(op.slice(op.slice(vector, 0, 1, 13), 0, 1, 10), [3, 3]);
  const ofComputed = op.reshape(op.slice(op.multiply(vector, 2), 0, 2, 11), [3, 3]);
  const scaled = array([3, 3], ...matrix.data.map((value) => 2 * value));

  it.each<[string, Tensor, NdArray]>([
    ['an input', w, matrix],
    ['a range of a vector', inside, matrix],
    ['a range of a range of a vector', slicedTwice, matrix],
    ['a range of a computed vector', ofComputed, scaled],
    ['a computed matrix', op.add(w, inside), scaled],
    ['a transposed range', op.transpose(op.transpose(inside)), matrix],
    ['a constant', constant(matrix), matrix],
    ['a reshaped constant', op.reshape(constant({ ...matrix, shape: [9] }), [3, 3]), matrix],
    ['the result of another', op.inverse(op.inverse(w)), matrix],
    ['the results of two others', op.add(op.inverse(op.inverse(w)), op.inverse(op.inverse(inside))), scaled],
  ])('take %s', async (_, operand, values) => {
    for (const precision of ['float64', 'float32'] as const) {
      const outputs = { operand, logDet: op.logAbsDet(operand), inverse: op.inverse(operand) };
      const feeds = { w: matrix, vector: flat };
      const result = await run({ w, vector }, outputs, feeds, precision);
      const known = constant(values);
      const expected = [values, ...(await evaluate([op.logAbsDet(known), op.inverse(known)]))];
      Object.keys(outputs).forEach((name, index) => {
        const tolerance = precision === 'float64' ? 1e-12 : 1e-5;
        expectClose(name, result[name]!.data, expected[index]!.data, precision, tolerance);
      });
    }
  });

  it('can be the last step or a step in the middle', async () => {
    const y = op.multiply(op.exp(op.logAbsDet(op.multiply(op.inverse(w), 3))), op.sum(vector));
    const { y: value } = await run({ w, vector }, { y }, { w: matrix, vector: flat });
    const [logDet] = await evaluate([op.logAbsDet(constant(matrix))]);
    const total = Array.from(flat.data).reduce((sum, element) => sum + element, 0);
    expectClose('y', value!.data, [(27 / Math.exp(logDet!.data[0]!)) * total], 'float64');
  });
});

describe('a program', () => {
  const [x, w] = [input('x', [OPEN_BATCH, 3]), input('w', [3, 3])];
  const outputs = { y: op.product(x, op.inverse(op.exp(w))), logDet: op.logAbsDet(w) };
  const make = (): Promise<Program> => compile({ inputs: { x, w }, outputs });

  it('returns the same bytes for the same feeds, no matter what runs in between', async () => {
    const program = await make();
    const feeds = { x: random('x', [5, 3]), w: random('w', [3, 3]) };
    const first = await program.run(feeds);
    const otherResult = await program.run({ x: random('other', [2, 3]), w: random('other w', [3, 3]) });
    expect(otherResult.logDet).not.toEqual(first.logDet);
    expect(await program.run(feeds)).toEqual(first);
    await program.release();
    const again = await make();
    expect(await again.run(feeds)).toEqual(first);
    await again.release();
  });

  it('does not change its feeds and earlier results', async () => {
    const program = await make();
    const feeds = { x: random('x', [5, 3]), w: random('w', [3, 3]) };
    const first = await program.run(feeds);
    const copy = structuredClone(first);
    await program.run({ x: random('other', [5, 3]), w: random('other w', [3, 3]) });
    expect(first).toEqual(copy);
    expect(feeds).toEqual({ x: random('x', [5, 3]), w: random('w', [3, 3]) });
    await program.release();
  });

  it('frees its session even if what comes before it fails', async () => {
    let isFree = false;
    const session = {
      release() {
        isFree = true;
      },
    };
    const prelude = { release: () => Promise.reject(new Error('lost')) };
    const program = new Program(
      { inputs: {}, outputs: {} },
      { precision: 'float32', device: 'cpu', onDevice: [] },
      session as never,
      { nodes: [], isPacked: false, prelude: prelude as never },
    );
    await expect(program.release()).rejects.toThrow('lost');
    expect(isFree).toBe(true);
  });

  it('does not run after its release', async () => {
    const program = await make();
    await program.release();
    await expect(program.run({ x: random('x', [1, 3]), w: random('w', [3, 3]) })).rejects.toThrow(
      'the program has been released',
    );
  });
});
