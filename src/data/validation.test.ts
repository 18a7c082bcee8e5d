import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { imagesInMemory, readAll } from './dataset.ts';
import { holdOutValidation } from './validation.ts';

/** One-pixel images whose value is their index. */
const numbered = (count: number) =>
  imagesInMemory(
    Uint8Array.from({ length: count }, (_, index) => index),
    [1, 1, 1],
  );

describe('holdOutValidation', () => {
  it('splits the training images in two, without loss or overlap, each part in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 256 }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        (count, share) => {
          fc.pre(Math.round(share * count) < count);
          const { train, validation } = holdOutValidation(numbered(count), share);
          expect(validation.count).toBe(share === 0 ? 0 : Math.max(1, Math.round(share * count)));
          const [trained, held] = [[...readAll(train)], [...readAll(validation)]];
          for (const part of [trained, held]) {
            expect(part).toEqual(part.toSorted((a, b) => a - b));
          }
          expect([...trained, ...held].sort((a, b) => a - b)).toEqual([...readAll(numbered(count))]);
        },
      ),
    );
  });

  it('holds out images from the whole dataset, always the same ones', () => {
    const held = (share: number) => [...readAll(holdOutValidation(numbered(200), share).validation)];
    expect(held(0.1)).toEqual(held(0.1));
    expect(held(0.3)).toEqual(expect.arrayContaining(held(0.1)));
    // A golden value: runs measured on different images could not be compared with earlier ones.
    expect(held(0.03)).toEqual([20, 55, 101, 112, 122, 176]);
  });

  it('rejects invalid shares and those that leave nothing to train on', () => {
    for (const share of [-0.1, 1, 2, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => holdOutValidation(numbered(10), share)).toThrow(UserError);
      expect(() => holdOutValidation(numbered(10), share)).toThrow(`found ${share}`);
    }
    expect(() => holdOutValidation(numbered(10), 0.96)).toThrow('0.96 of 10 training images leaves none');
    expect(() => holdOutValidation(numbered(1), 0.02)).toThrow('0.02 of 1 training images leaves none');
  });
});
