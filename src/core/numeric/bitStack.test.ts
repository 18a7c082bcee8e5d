// The stack of bits: exact inverses, also at the extremes, and lengths in bits.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filledStack } from '../../testing/filledStack.ts';
import { BitStack, INTERVAL_TOTAL, StackEmpty } from './bitStack.ts';
import { RandomStream } from './random.ts';

/** Sizes of alphabets: small, large, powers of two, and what divides nothing. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 16 + 1 }),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc.constantFrom(1, 2, 255, 256, 257, 65535, 65536, 65537, 2 ** 32 - 1, 2 ** 32, 2 ** 36 - 1, 2 ** 36),
);

/** An interval of 0..INTERVAL_TOTAL − 1. */
const interval = fc
  .tuple(fc.integer({ min: 0, max: INTERVAL_TOTAL - 1 }), fc.integer({ min: 1, max: INTERVAL_TOTAL }))
  .map(([start, length]) => ({ start, length: Math.min(length, INTERVAL_TOTAL - start) }));

describe('BitStack', () => {
  it('pops what was pushed, in the opposite order, and is then as before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(size, fc.double({ min: 0, max: 1 - 2 ** -40, noNaN: true }))),
        (symbols) => {
          const stack = filledStack(3);
          const before = stack.toBytes();
          const pushed = symbols.map(([n, share]): [number, number] => [Math.floor(share * n), n]);
          for (const [symbol, n] of pushed) {
            stack.push(symbol, n);
          }
          expect(pushed.toReversed().map(([, n]) => stack.pop(n))).toEqual(
            pushed.toReversed().map(([symbol]) => symbol),
          );
          expect(stack.toBytes()).toEqual(before);
        },
      ),
    );
  });

  it('gives back what was popped, in the opposite order, and is then as before', () => {
    fc.assert(
      fc.property(fc.array(size, { maxLength: 40 }), fc.integer(), (sizes, seed) => {
        const stack = filledStack(200, seed);
        const before = stack.toBytes();
        const popped = sizes.map((n): [number, number] => [stack.pop(n), n]);
        for (const [symbol, n] of popped) {
          expect(symbol >= 0 && symbol < n).toBe(true);
        }
        for (const [symbol, n] of popped.toReversed()) {
          stack.push(symbol, n);
        }
        expect(stack.toBytes()).toEqual(before);
      }),
    );
  });

  it('pops intervals, also between symbols of other sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(interval, size)), (steps) => {
        const stack = filledStack(300);
        const before = stack.toBytes();
        const popped = steps.map(([{ start, length }, n]) => {
          stack.pushInterval(start, length);
          return stack.pop(n);
        });
        for (const [index, [{ start, length }, n]] of [...steps.entries()].toReversed()) {
          stack.push(popped[index]!, n);
          const position = stack.peek();
          expect(position >= start && position < start + length).toBe(true);
          stack.popInterval(start, length);
        }
        expect(stack.toBytes()).toEqual(before);
      }),
    );
  });

  it('has the bits of its symbols', () => {
    const stack = new BitStack();
    const random = new RandomStream(1, 'symbols');
    let bits = 0;
    for (let index = 0; index < 5000; index++) {
      const n = 1 + Math.floor(random.uniform() * 1e5);
      stack.push(Math.floor(random.uniform() * n), n);
      const length = 1 + Math.floor(random.uniform() * 2 ** 31);
      stack.pushInterval(Math.floor(random.uniform() * (INTERVAL_TOTAL - length)), length);
      bits += Math.log2(n) + 32 - Math.log2(length);
    }
    expect(stack.bits / bits).toBeCloseTo(1, 5);
    expect(8 * stack.toBytes().length - stack.bits).toBeLessThan(60);
  });

  it('is the same after a way through bytes, and empty only as a new one', () => {
    const stack = filledStack(50);
    stack.push(5, 12345);
    const again = new BitStack(stack.toBytes());
    expect(again.toBytes()).toEqual(stack.toBytes());
    expect(again.pop(12345)).toBe(5);
    expect(again.toBytes()).toEqual(filledStack(50).toBytes());
    expect([stack.isEmpty, filledStack(1).isEmpty, new BitStack().isEmpty]).toEqual([false, false, true]);
  });

  it('says that it is empty instead of inventing bits', () => {
    const stack = filledStack(2);
    const popAll = () => {
      for (;;) {
        stack.pop(2 ** 16);
      }
    };
    expect(popAll).toThrow(StackEmpty);
  });

  it('returns to a mark', () => {
    const stack = filledStack(20);
    const [before, mark] = [stack.toBytes(), stack.mark()];
    stack.pop(2 ** 30);
    stack.pop(2 ** 30);
    stack.push(1, 2 ** 20);
    stack.reset(mark);
    expect(stack.toBytes()).toEqual(before);
  });
});
