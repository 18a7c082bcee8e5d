import { expect, it } from 'vitest';
import { add, exp, multiply, reshape, sum } from '../../operations/index.ts';
import { input } from '../../tensor.ts';
import { peakElements } from './memory.ts';

it('counts what is alive at the same time', () => {
  const x = input('x', [10]);
  const y = exp(exp(exp(x)));
  // One result and the next; the input is not counted.
  expect(peakElements({ inputs: { x }, outputs: { y } })).toBe(20);
});

it('counts a result until the last node that needs it', () => {
  const x = input('x', [10]);
  const reused = exp(x);
  const y = add(sum(exp(exp(multiply(reused, 2)))), sum(reused));
  expect(peakElements({ inputs: { x }, outputs: { y } })).toBe(30);
});

it('counts a reshaped tensor once, as long as either is needed', () => {
  const x = input('x', [10]);
  const rows = reshape(exp(x), [2, 5]);
  const y = sum(multiply(rows, rows));
  expect(peakElements({ inputs: { x }, outputs: { y } })).toBe(20);
});

it('counts outputs to the end', () => {
  const x = input('x', [10]);
  const first = exp(x);
  const second = exp(exp(first));
  expect(peakElements({ inputs: { x }, outputs: { first, second } })).toBe(30);
});

it('counts nothing that an input in the middle of the graph depends on', () => {
  const x = input('x', [10]);
  const middle = exp(exp(exp(x)));
  expect(peakElements({ inputs: { middle }, outputs: { y: exp(middle) } })).toBe(10);
});
