import { describe, expect, it } from 'vitest';
import type { NdArray } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import {
  abs,
  add,
  divide,
  exp,
  maximum,
  multiply,
  negate,
  sqrt,
  subtract,
} from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import { OPEN_BATCH } from '../tensor/shape.ts';
import { input } from '../tensor/tensor.ts';
import { compileLoop } from './loop.ts';
import { compile } from './program.ts';

function vector(name: string, length: number): NdArray {
  const random = new RandomStream(0, name);
  return { shape: [length], data: Float32Array.from({ length }, () => random.normal()) };
}

const scalar = (value: number): NdArray => ({ shape: [], data: Float32Array.of(value) });
const zeros = (length: number): NdArray => ({ shape: [length], data: new Float32Array(length) });

/** Every operation that a loop has, a constant that float32 has to round, and a scalar. */
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
  // One element, no multiple of four, exactly a stretch, and several with a rest.
  it.each([1, 7, 8192, 20_001])('gives what ONNX Runtime gives, to the bit, for %i elements', async (n) => {
    const definition = everything();
    const feeds = { x: vector('x', n), y: vector('y', n), rate: scalar(0.7) };
    const program = await compile(definition, { threads: 1 });
    const expected = await program.run(feeds);
    await program.release();
    const found = { x: zeros(n), root: zeros(n) };
    (await compileLoop(definition)).run(feeds, found);
    expect(found.x.data).toEqual(expected.x!.data);
    expect(found.root.data).toEqual(expected.root!.data);
  });

  it('writes to the arrays that it reads from, whatever their shape', async () => {
    const [x, y] = [vector('x', 30_000), vector('y', 30_000)];
    const loop = await compileLoop(everything());
    const apart = { x: zeros(30_000), root: zeros(30_000) };
    loop.run({ x, y, rate: scalar(1) }, apart);
    const images = { shape: [100, 300], data: x.data };
    loop.run({ x: images, y, rate: scalar(1) }, { x: images, root: y });
    expect(x.data).toEqual(apart.x.data);
    expect(y.data).toEqual(apart.root.data);
  });

  it('refuses what no instruction does, and arrays that fit no loop', async () => {
    const x = input('x', [OPEN_BATCH]);
    await expect(compileLoop({ inputs: { x }, outputs: { y: exp(x) } })).rejects.toThrow('operator Exp');
    await expect(compileLoop({ inputs: {}, outputs: { y: negate(x) } })).rejects.toThrow("input 'x'");
    const matrix = input('matrix', [2, 3]);
    const ofMatrix = { inputs: { matrix }, outputs: { y: negate(matrix) } };
    await expect(compileLoop(ofMatrix)).rejects.toThrow("'matrix' has the shape [2, 3]");
  });

  it('refuses arrays that are missing, of another length or of another precision', async () => {
    const x = input('x', [OPEN_BATCH]);
    const loop = await compileLoop({ inputs: { x }, outputs: { y: negate(x) } });
    expect(() => loop.run({}, { y: zeros(3) })).toThrow("'x' was not given");
    expect(() => loop.run({ x: zeros(3) }, { y: zeros(4) })).toThrow('same length');
    const doubles = { shape: [3], data: new Float64Array(3) };
    expect(() => loop.run({ x: doubles }, { y: zeros(3) })).toThrow("'x' must be of float32");
  });
});
