import { describe, expect, it } from 'vitest';
import {
  encodeModule,
  f32Constant,
  i32Constant,
  instruction,
  type ValueType,
  type WasmFunction,
} from './wasmModule.ts';

const imported = { module: 'loop', name: 'memory' };
const hex = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString('hex');

/** Adds a number to four in memory, and stores a constant, which takes many bytes, elsewhere. */
const addition: WasmFunction = {
  name: 'run',
  parameters: ['i32', 'f32'],
  locals: [[1, 'v128']],
  body: [
    ...[...instruction('local.get', 1), ...instruction('f32x4.splat'), ...instruction('local.set', 2)],
    ...[...instruction('local.get', 0), ...instruction('local.get', 2)],
    ...[...instruction('local.get', 0), ...instruction('v128.load', 4, 0)],
    ...[...instruction('f32x4.add'), ...instruction('v128.store', 4, 0)],
    ...[...instruction('local.get', 0), ...i32Constant(-123456), ...instruction('i32.add')],
    ...[...f32Constant(-0.1), ...instruction('f32x4.splat'), ...instruction('v128.store', 4, 0)],
  ],
};

describe('encodeModule', () => {
  it('produces the same bytes as the assembler of wabt', () => {
    // From the text of the same module, by wabt 1.0.39.
    expect(hex(encodeModule(imported, addition))).toBe(
      '0061736d0100000001060160027f7d00021001046c6f6f70066d656d6f72790200000302010007070103' +
        '72756e00000a2f012d01017b2001fd132102200020022000fd000400fde401fd0b0400200041c0bb786a' +
        '43cdccccbdfd13fd0b04000b',
    );
  });

  it('produces a module that runs', async () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const module = await WebAssembly.compile(encodeModule(imported, addition));
    const { exports } = await WebAssembly.instantiate(module, { loop: { memory } });
    const numbers = (offset: number): number[] => [...new Float32Array(memory.buffer, offset, 4)];
    new Float32Array(memory.buffer, 123488).set([1, 2, -3, 0]);
    (exports.run as (offset: number, x: number) => void)(123488, 0.5);
    expect(numbers(123488)).toEqual([1.5, 2.5, -2.5, 0.5]);
    expect(numbers(32)).toEqual(new Array(4).fill(Math.fround(-0.1)));
  });

  it('encodes counts above 127', async () => {
    const parameters = new Array<ValueType>(200).fill('i32');
    const body = Array.from({ length: 5000 }, (_, index) => [
      ...[...f32Constant(1), ...instruction('f32x4.splat')],
      ...instruction('local.set', 200 + (index % 300)),
    ]);

    const bytes = encodeModule(imported, {
      name: 'x'.repeat(300),
      parameters,
      locals: [[300, 'v128']],
      body: body.flat(),
    });
    expect(WebAssembly.Module.exports(await WebAssembly.compile(bytes))).toEqual([
      { name: 'x'.repeat(300), kind: 'function' },
    ]);
  });
});

describe('instructions', () => {
  it.each([
    [0, '00'],
    [63, '3f'],
    [64, 'c000'],
    [-64, '40'],
    [-65, 'bf7f'],
    [127, 'ff00'],
    [128, '8001'],
    [2 ** 31 - 1, 'ffffffff07'],
    [-(2 ** 31), '8080808078'],
  ])('have the constant %i', (value, expected) => {
    expect(hex(i32Constant(value))).toBe(`41${expected}`);
  });

  it.each([
    [127, '7f'],
    [128, '8001'],
    [624485, 'e58e26'],
  ])('have the local variable %i', (local, expected) => {
    expect(hex(instruction('local.get', local))).toBe(`20${expected}`);
  });
});
