import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../core/errors.ts';
import { type ImageSet, imagesInMemory, leastValidation, readAll } from './contract/dataset.ts';
import { holdOutValidation } from './heldOut.ts';

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

  it('holds out images with names by name, whatever other images there are', () => {
    const named = (names: readonly string[]) =>
      imagesInMemory(
        Uint8Array.from(names, (_, index) => index),
        [1, 1, 1],
        names,
      );
    const imageNames = ({ count, nameAt }: ImageSet) =>
      Array.from({ length: count }, (_, index) => nameAt!(index));
    const names = Array.from({ length: 600 }, (_, index) => `photo ${index}.png`);
    const { train, validation, holdOut } = holdOutValidation(named(names), 0.02);
    // A golden value, as above.
    expect(imageNames(validation).slice(0, 3)).toEqual(['photo 23.png', 'photo 33.png', 'photo 59.png']);
    expect([train.count, validation.count]).toEqual([580, 20]);
    expect([...imageNames(train), ...imageNames(validation)].sort()).toEqual(names.toSorted());
    expect(train.heldOutFrom!.count).toBe(600);
    const held = new Set(imageNames(validation));
    // Other images are added at the front and some are removed: the rule moves no image.
    const others = [...names.map((name) => `a ${name}`), ...names.filter((_, index) => index % 3 > 0)];
    const later = holdOutValidation(named(others), 0.02, holdOut);
    expect(later.holdOut).toEqual(holdOut);
    for (const name of names) {
      expect(imageNames(later.train).includes(name) && held.has(name)).toBe(false);
      expect(imageNames(later.validation).includes(name) && !held.has(name)).toBe(false);
    }
    expect(later.validation.count).toBeGreaterThan(20);
    // More of the same for a larger share; at least 20 or a tenth for a small set.
    const more = imageNames(holdOutValidation(named(names), 0.1).validation);
    expect(more).toHaveLength(60);
    expect(more).toEqual(expect.arrayContaining([...held]));
    expect(holdOutValidation(named(names.slice(0, 70)), 0.02).validation.count).toBe(7);
    expect(holdOutValidation(named(names), 0).validation.count).toBe(0);
    expect(() => holdOutValidation(named(['a', 'b']), 0.9)).toThrow('leaves none to train on');
  });

  it('holds out 2 % automatically, but at least 100 images, or a fifth of a small dataset', () => {
    const named = (count: number) =>
      imagesInMemory(
        new Uint8Array(count),
        [1, 1, 1],
        Array.from({ length: count }, (_, index) => `photo ${index}.png`),
      );
    for (const [count, expected] of [
      [10_000, 200],
      [5_000, 100],
      [600, 100],
      [500, 100],
      [300, 60],
      [12, 2],
      [2, 1],
    ] as const) {
      for (const images of [named(count), imagesInMemory(new Uint8Array(count), [1, 1, 1])]) {
        expect(holdOutValidation(images, 'auto').validation.count, `${count} images`).toBe(expected);
      }
    }
    expect(() => holdOutValidation(named(1), 'auto')).toThrow(
      'data.validation auto holds out 1 of 1 training images and leaves none to train on',
    );
    // Models of unknown origin are measured only on images that were held out in any case.
    const imageNames = ({ count, nameAt }: ImageSet) =>
      Array.from({ length: count }, (_, index) => nameAt!(index));
    expect(imageNames(holdOutValidation(named(600), 'auto').validation)).toEqual(
      expect.arrayContaining(imageNames(holdOutValidation(named(600), leastValidation).validation)),
    );
  });

  it('holds out by position if the rule says so, or the images have no names', () => {
    const names = Array.from({ length: 200 }, (_, index) => String(index));
    const named = imagesInMemory(
      Uint8Array.from(names, (_, index) => index),
      [1, 1, 1],
      names,
    );
    const byPosition = holdOutValidation(named, 0.03, { by: 'position' });
    expect(byPosition.holdOut).toEqual({ by: 'position' });
    expect([...readAll(byPosition.validation)]).toEqual([20, 55, 101, 112, 122, 176]);
    const unnamed = holdOutValidation(numbered(200), 0.03, { by: 'name', below: 0.5 });
    expect([...readAll(unnamed.validation)]).toEqual([20, 55, 101, 112, 122, 176]);
  });

  it('rejects invalid shares and those that leave nothing to train on', () => {
    for (const share of [-0.1, 1, 2, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => holdOutValidation(numbered(10), share)).toThrow(UserError);
      expect(() => holdOutValidation(numbered(10), share)).toThrow(`found ${share}`);
    }
    expect(() => holdOutValidation(numbered(10), 0.96)).toThrow(
      '0.96 holds out 10 of 10 training images and leaves none',
    );
    expect(() => holdOutValidation(numbered(1), 0.02)).toThrow(
      '0.02 holds out 1 of 1 training images and leaves none',
    );
  });
});
