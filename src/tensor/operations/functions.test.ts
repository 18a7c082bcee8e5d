// Functions that ONNX Runtime lacks in float64, against known values: on numbers, and as nodes of the runtime.
import { describe, expect, it } from 'vitest';
import { compile } from '../engine/program.ts';
import { input } from '../tensor.ts';
import { atan, atan64, erf, erf64, numbers } from './functions.ts';

/** erf x by its Taylor series in integers: exact to more digits than a number has. Only for |x| ≤ 6. */
function exactErf(x: number): number {
  const bits = 300n;
  const unit = 1n << bits;
  const value = (BigInt(Math.round(x * 2 ** 40)) << bits) >> 40n;
  let [term, sum] = [value, value];
  for (let n = 1n; term !== 0n; n++) {
    term = -((((term * value) >> bits) * value) >> bits) / n;
    sum += term / (2n * n + 1n);
    if (n > 2000n) {
      break;
    }
  }
  // 2/√π to 40 digits.
  const factor = (11283791670955125738961589031215451716881n * unit) / 10n ** 40n;
  return Number((sum * factor) >> (2n * bits - 200n)) / 2 ** 200;
}

const evaluateRange = (low: number, high: number): number[] =>
  Array.from(
    { length: 500 },
    (_, index) => Math.round((low + ((high - low) * index) / 499) * 2 ** 40) / 2 ** 40,
  );

const arctangents = [...evaluateRange(-4, 4), ...evaluateRange(-0.1, 0.1), 1e-300, 1e10, -1e300].map(
  (x) => [x, Math.atan(x)] as const,
);
const errors = [...evaluateRange(-6, 6), ...evaluateRange(-0.6, 0.6), ...evaluateRange(0.001, 0.01)].map(
  (x) => [x, exactErf(x)] as const,
);
const ends = [Number.NEGATIVE_INFINITY, -30, 0, 30, Number.POSITIVE_INFINITY, Number.NaN];

describe.each([
  ['atan', (x: number) => atan64(numbers, x), atan, arctangents, ends.map(Math.atan)],
  ['erf', (x: number) => erf64(numbers, x), erf, errors, [-1, -1, 0, 1, 1, Number.NaN]],
] as const)('%s', (_, evaluate, operation, expectedValues, atEnds) => {
  const expectClose = (values: ArrayLike<number>): void => {
    expectedValues.forEach(([x, expected], index) => {
      expect(Math.abs(values[index]! - expected), String(x)).toBeLessThanOrEqual(1e-15 * Math.abs(expected));
    });
    atEnds.forEach((expected, index) => {
      expect(
        Object.is(values[expectedValues.length + index], expected) ||
          values[expectedValues.length + index]! - expected === 0,
      ).toBe(true);
    });
  };
  const points = [...expectedValues.map(([x]) => x), ...ends];

  it('has a relative error below 1e-15 on numbers', () => {
    expectClose(points.map(evaluate));
  });

  it.each(['cpu', 'wasm'] as const)('has it as nodes, on %s', async (device) => {
    const x = input('x', [points.length]);
    const definition = { inputs: { x }, outputs: { y: operation(x) } };
    const program = await compile(definition, { device, precision: 'float64' });
    const { y } = await program.run({ x: { shape: x.shape, data: Float64Array.from(points) } });
    await program.release();
    expectClose(y!.data);
  });
});
