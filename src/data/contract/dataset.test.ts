import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstImages, imagesInMemory, readAll, readOne, subset } from './dataset.ts';

// Five images of 2 x 1 pixels and 3 channels: bytes 6i..6i+5.
const images = imagesInMemory(
  Uint8Array.from({ length: 30 }, (_, index) => index),
  [2, 1, 3],
);

describe('imagesInMemory', () => {
  it('reads images by index, in the requested order', () => {
    expect(images.count).toBe(5);
    const out = new Uint8Array(18);
    images.read([4, 0, 4], out);
    expect([...out]).toEqual([24, 25, 26, 27, 28, 29, 0, 1, 2, 3, 4, 5, 24, 25, 26, 27, 28, 29]);
    expect([...readOne(images, 1)]).toEqual([6, 7, 8, 9, 10, 11]);
    expect([...readAll(images)]).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  it('rejects invalid indices, outputs of the wrong size and incomplete images', () => {
    for (const index of [-1, 5, 0.5, Number.NaN]) {
      expect(() => readOne(images, index)).toThrow(
        `image index ${index} is out of range: there are 5 images`,
      );
    }
    expect(() => images.read([0], new Uint8Array(7))).toThrow(
      'need 6 values of kind uint8, but the output has 7',
    );
    expect(() => imagesInMemory(new Uint8Array(13), [2, 1, 3])).toThrow('13 values');
  });
});

describe('subset', () => {
  it('is a view by index, and so is a subset of a subset', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1 }), fc.array(fc.nat()), (outer, picks) => {
        const inner = picks.map((pick) => pick % outer.length);
        const view = subset(subset(images, outer), inner);
        expect(view.count).toBe(inner.length);
        expect(view.imageShape).toEqual([2, 1, 3]);
        expect([...readAll(view)]).toEqual(inner.flatMap((index) => [...readOne(images, outer[index]!)]));
      }),
    );
  });

  it('copies the indices and checks them', () => {
    const indices = [3];
    const view = subset(images, indices);
    indices[0] = 0;
    expect(readOne(view, 0)[0]).toBe(18);
    expect(() => readOne(view, 1)).toThrow('image index 1 is out of range: there are 1 images');
    for (const index of [-1, 5, 1.5]) {
      expect(() => subset(images, [index])).toThrow(RangeError);
    }
  });
});

describe('firstImages', () => {
  it.each([
    [2, 2],
    [9, 5],
  ])('returns at most %i: %i of 5', (limit, count) => {
    expect([...readAll(firstImages(images, limit))]).toEqual([...readAll(images)].slice(0, 6 * count));
  });
});
