import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { abs, add, divide, exp, maximum, multiply, negate, sqrt, subtract } from '../operations/index.ts';
import { input, OPEN_BATCH, type ProgramDefinition } from '../tensor.ts';
import { allocatePlaces, compileLoop } from './loop.ts';
import { compile } from './program.ts';

function vector(name: string, length: number): NdArray {
  const random = new RandomStream(0, name);
  return { shape: [length], data: Float32Array.from({ length }, () => random.normal()) };
}

/** Fills the vectors of a set. */
function fill(
  vectors: Readonly<Record<string, Float32Array>>,
  values: Readonly<Record<string, NdArray>>,
): void {
  for (const [name, { data }] of Object.entries(values)) {
    vectors[name]!.set(data);
  }
}

/** Every operation that a loop supports, a constant that float32 has to round, and a scalar. */
function everything(): ProgramDefinition {
  const [x, y] = [input('x', [OPEN_BATCH]), input('y', [OPEN_BATCH])];
  const rate = input('rate', []);
  const root = sqrt(abs(x));
  return {
    inputs: { x, y, rate },
    outputs: {
      x: divide(maximum(multiply(x, 0.1), negate(y)), add(root, rate)),
      root: subtract(root, multiply(rate, rate)),
    },
  };
}

describe('compileLoop', () => {
  // One element, not a multiple of four, a whole cache line, and many.
  it.each([1, 7, 16, 20_001])('equals ONNX Runtime, bit for bit, for %i elements', async (length) => {
    const definition = everything();
    const [x, y] = [vector('x', length), vector('y', length)];
    const rate = { shape: [], data: Float32Array.of(0.7) };
    const program = await compile(definition, { threads: 1 });
    const expected = await program.run({ x, y, rate });
    await program.release();
    const loop = await compileLoop(definition, { all: length });
    const vectors = loop.setVectors('all');
    fill(vectors, { x, y });
    loop.run('all', { rate: 0.7 });
    expect(vectors.x).toEqual(expected.x!.data);
    expect(vectors.root).toEqual(expected.root!.data);
    expect(vectors.y).toEqual(y.data);
  });

  it('equals ONNX Runtime for zeros, infinities, NaN and subnormal numbers', async () => {
    const special = [0, -0, 1, -1, 1e-42, -1e-42, 3e38, -3e38, 1 / 0, -1 / 0, 0 / 0];
    const [x, y] = [0, 1].map((index): NdArray => {
      const pairs = special.flatMap((a) => special.map((b) => [a, b][index]!));
      return { shape: [pairs.length], data: Float32Array.from(pairs) };
    }) as [NdArray, NdArray];
    const definition = everything();
    const program = await compile(definition, { threads: 1 });
    const expected = await program.run({ x, y, rate: { shape: [], data: Float32Array.of(0.5) } });
    await program.release();
    const loop = await compileLoop(definition, { all: x.data.length });
    const vectors = loop.setVectors('all');
    fill(vectors, { x, y });
    loop.run('all', { rate: 0.5 });
    // Except for the sign of a zero.
    const values = (data: Iterable<number>): number[] => Array.from(data, (value) => value + 0);
    expect(values(vectors.x!)).toEqual(values(expected.x!.data));
    expect(values(vectors.root!)).toEqual(values(expected.root!.data));
  });

  it.each([-0, 1 / 0, -1 / 0, 0 / 0, 0.1])('has the constant %d', async (value) => {
    const x = input('x', [OPEN_BATCH]);
    const loop = await compileLoop({ inputs: { x }, outputs: { y: maximum(negate(x), value) } }, { all: 1 });
    loop.setVectors('all').x!.set([value]);
    loop.run('all', {});
    expect(loop.setVectors('all').y![0]).toBe(Math.max(-Math.fround(value), Math.fround(value)));
  });

  it('has more vectors and values than fit into a byte', async () => {
    const inputs = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`x${index}`, input(`x${index}`, [OPEN_BATCH])]),
    );
    const y = Object.values(inputs).reduce((sum, x) => add(multiply(sum, 0.5), x));
    const loop = await compileLoop({ inputs, outputs: { y } }, { all: 5 });
    const vectors = loop.setVectors('all');
    Object.keys(inputs).forEach((name, index) => {
      vectors[name]!.fill(index);
    });
    loop.run('all', {});
    expect([...vectors.y!]).toEqual(Array(5).fill(396));
  });

  it('has each vector of all sets in one array, with zeros between them', async () => {
    const lengths = { first: 33, none: 0, second: 5 };
    const loop = await compileLoop(everything(), lengths);
    for (const [name, length] of Object.entries(lengths)) {
      fill(loop.setVectors(name), { x: vector(`x of ${name}`, length), y: vector(`y of ${name}`, length) });
    }
    const [firstMemory, ...others] = loop.vectorMemories('y');
    expect(others).toEqual([]);
    const { first, second } = { first: loop.setVectors('first').y!, second: loop.setVectors('second').y! };
    expect(firstMemory!.filter((value) => value !== 0)).toEqual(Float32Array.of(...first, ...second));
    firstMemory!.fill(7);
    expect([...first, ...second].every((value) => value === 7)).toBe(true);
    expect(loop.setVectors('first').x).toEqual(vector('x of first', 33).data);
  });

  it('works on one set and does not touch the others', async () => {
    const lengths = { first: 33, none: 0, second: 5, third: 70_000 };
    const loop = await compileLoop(everything(), lengths);
    for (const [name, length] of Object.entries(lengths)) {
      fill(loop.setVectors(name), { x: vector('x', length), y: vector('y', length) });
    }
    loop.run('second', { rate: 1 });
    loop.run('none', { rate: 1 });
    for (const name of ['first', 'third'] as const) {
      expect(loop.setVectors(name).x).toEqual(vector('x', lengths[name]).data);
      expect(loop.setVectors(name).root).toEqual(new Float32Array(lengths[name]));
    }
    expect(loop.setVectors('second').x).not.toEqual(vector('x', 5).data);
    const sameLength = await compileLoop(everything(), { alone: 5 });
    fill(sameLength.setVectors('alone'), { x: vector('x', 5), y: vector('y', 5) });
    sameLength.run('alone', { rate: 1 });
    expect(loop.setVectors('second').x).toEqual(sameLength.setVectors('alone').x);
  });

  it('rejects operations without an instruction', async () => {
    const x = input('x', [OPEN_BATCH]);
    const refused = (definition: ProgramDefinition) => expect(compileLoop(definition, { all: 4 })).rejects;
    await refused({ inputs: { x }, outputs: { y: exp(x) } }).toThrow('operation exp');
    await refused({ inputs: {}, outputs: { y: negate(x) } }).toThrow("input 'x'");
    const matrix = input('matrix', [2, 3]);
    await refused({ inputs: { matrix }, outputs: { y: negate(matrix) } }).toThrow(
      "'matrix' has shape [2, 3]",
    );
  });

  it('rejects a run without a scalar, and of an unknown set', async () => {
    const loop = await compileLoop(everything(), { all: 4 });
    expect(() => loop.run('all', {})).toThrow("'rate' is missing");
    expect(() => loop.run('some', { rate: 1 })).toThrow("no set of vectors 'some'");
  });
});

describe('allocatePlaces', () => {
  it('starts another memory if a set does not fit into the rest of one', () => {
    const gigabyte = 2 ** 28;
    const places = allocatePlaces({ a: gigabyte, b: 3, c: 2 * gigabyte - 16, d: gigabyte }, 1);
    expect(places.map((memory) => memory.map(({ name }) => name))).toEqual([['a', 'b', 'c'], ['d']]);
    expect(places[0]!.map(({ begin, end }) => end - begin)).toEqual([2 ** 30, 64, 2 ** 31 - 64]);
    expect(places[0]![1]!.begin).toBe(2 ** 30);
    expect(places[1]![0]!.begin).toBe(0);
  });

  it('rejects a set that is too large for a memory', () => {
    expect(() => allocatePlaces({ small: 1, large: 2 ** 28 }, 4)).toThrow("268435456 numbers ('large')");
  });
});
