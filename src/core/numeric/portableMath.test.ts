// Portable functions against the host's, and bits that every machine must reproduce.
import { expect, it } from 'vitest';
import {
  normalDistribution,
  portableCos,
  portableExp,
  portableExpm1,
  portableLog,
  portableLog1p,
  portableSigmoid,
  portableSin,
  portableTanh,
} from './portableMath.ts';

/** Numbers that sweep an interval unevenly. */
const between = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => low + (high - low) * ((index * 0.6180339887498949) % 1));

const relative = (value: number, right: number): number => Math.abs(value - right) / Math.abs(right);

it('exp has a relative error below 1e-15, up to its ends', () => {
  for (const x of [...between(-708, 709, 20000), ...between(-2, 2, 20000), 0, -0, 1, -708, 709]) {
    expect(relative(portableExp(x), Math.exp(x)), String(x)).toBeLessThan(1e-15);
  }
  expect([-709, Number.NEGATIVE_INFINITY].map(portableExp)).toEqual([0, 0]);
  expect([710, Number.POSITIVE_INFINITY].map(portableExp)).toEqual([Infinity, Infinity]);
  expect(portableExp(Number.NaN)).toBeNaN();
});

it('log has a relative error below 1e-15, and inverts exp', () => {
  for (const x of [...between(1e-9, 4, 20000), ...between(1.5, 1e300, 2000), 1e-300, 5e-290, 2, 0.5]) {
    expect(relative(portableLog(x), Math.log(x)), String(x)).toBeLessThan(1e-15);
  }
  for (const x of between(-700, 700, 2000)) {
    expect(portableLog(portableExp(x))).toBeCloseTo(x, 11);
  }
  expect(portableLog(1)).toBe(0);
  expect([0, -1, Infinity].map(portableLog)).toEqual([-Infinity, Number.NaN, Infinity]);
});

it('expm1 and log1p have a relative error below 1e-15, also next to 0', () => {
  const near = [between(-1e-3, 1e-3, 2000), between(-1e-12, 1e-12, 2000), [1e-300, -1e-300]].flat();
  for (const x of [...near, ...between(-30, 30, 5000), ...between(-708, 709, 2000)]) {
    expect(relative(portableExpm1(x), Math.expm1(x)), String(x)).toBeLessThan(1e-15);
  }
  for (const x of [...near, ...between(-0.999, 4, 4999), ...between(1, 1e300, 2000)]) {
    expect(relative(portableLog1p(x), Math.log1p(x)), String(x)).toBeLessThan(1e-15);
  }
  expect([0, -800, 800].map(portableExpm1)).toEqual([0, -1, Infinity]);
  expect([0, -1, -2, Infinity].map(portableLog1p)).toEqual([0, -Infinity, Number.NaN, Infinity]);
});

it('the sigmoid and its mirror add up to 1', () => {
  for (const x of between(-40, 40, 2000)) {
    expect(portableSigmoid(x) + portableSigmoid(-x)).toBeCloseTo(1, 14);
  }
  expect([-800, 800].map(portableSigmoid)).toEqual([0, 1]);
});

it('sin and cos have a relative error below 1e-15, for the largest angles and next to multiples of π/2', () => {
  // 6381956970095103·2⁷⁹⁷ is the number that comes nearest to such a multiple.
  const angles = [
    ...between(-20, 20, 20000),
    ...between(-1e-3, 1e-3, 2000),
    ...between(-1e300, 1e300, 2000),
    ...[Math.PI / 4, Math.PI / 2, -Math.PI, 1e22, Number.MAX_VALUE, 5e-324, 6381956970095103 * 2 ** 797],
  ];
  for (const x of angles) {
    expect(relative(portableSin(x), Math.sin(x)), String(x)).toBeLessThan(1e-15);
    expect(relative(portableCos(x), Math.cos(x)), String(x)).toBeLessThan(1e-15);
  }
  expect([Infinity, Number.NaN].map(portableSin)).toEqual([Number.NaN, Number.NaN]);
  expect([0, -Infinity].map(portableCos)).toEqual([1, Number.NaN]);
});

it('tanh has a relative error below 1e-15, up to its ends', () => {
  for (const x of [...between(-1e-12, 1e-12, 2000), ...between(-30, 30, 20000)]) {
    expect(relative(portableTanh(x), Math.tanh(x)), String(x)).toBeLessThan(1e-15);
  }
  expect([-800, 0, Infinity, Number.NaN].map(portableTanh)).toEqual([-1, 0, 1, Number.NaN]);
});

it('the normal distribution function matches known values and its own series', () => {
  // Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/15 + …): Marsaglia (2004).
  const series = (x: number): number => {
    let [sum, term] = [x, x];
    for (let n = 3; Math.abs(term) > 1e-18; n += 2) {
      term *= (x * x) / n;
      sum += term;
    }
    return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
  };
  for (const x of between(-6, 6, 5000)) {
    expect(Math.abs(normalDistribution(x) - series(x)), String(x)).toBeLessThan(2e-15);
  }
  expect(relative(normalDistribution(-10), 7.619853024160527e-24)).toBeLessThan(1e-5);
  expect([-40, 40].map(normalDistribution)).toEqual([0, 1]);
});

it('returns these bits on every machine', () => {
  const bits = (x: number): string => {
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setFloat64(0, x);
    return bytes.getBigUint64(0).toString(16);
  };
  expect([0.1, -17.3, 3].map((x) => bits(portableExp(x)))).toMatchInlineSnapshot(`
    [
      "3ff1aec7b35a00d4",
      "3e60772c096d61b7",
      "403415e5bf6fb106",
    ]
  `);
  expect([0.1, 17.3, 3].map((x) => bits(portableLog(x)))).toMatchInlineSnapshot(`
    [
      "c0026bb1bbb55515",
      "4006ce3f35d39ff8",
      "3ff193ea7aad030a",
    ]
  `);
  expect([0.1, -17.3, 1e22].map((x) => bits(portableSin(x)))).toMatchInlineSnapshot(`
    [
      "3fb98eaecb8bcb2c",
      "3feffe26f29abd25",
      "bfeb453ab76bf397",
    ]
  `);
  expect([0.1, -17.3, 1e22].map((x) => bits(portableCos(x)))).toMatchInlineSnapshot(`
    [
      "3fefd712f9a817c0",
      "3f95bfa04a0c1c68",
      "3fe0be2cef01c8f4",
    ]
  `);
  expect([0.1, -1.3, 3].map((x) => bits(portableTanh(x)))).toMatchInlineSnapshot(`
    [
      "3fb983d7795f413a",
      "bfeb933c726e9b39",
      "3fefd77d111a0b02",
    ]
  `);
  expect([0.1, -7.3, 3].map((x) => bits(normalDistribution(x)))).toMatchInlineSnapshot(`
    [
      "3fe1464507526871",
      "3d443ff66598a855",
      "3feff4f10f033d25",
    ]
  `);
});
