import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchStream, batchesInOrder } from './batches.ts';
import { imagesInMemory } from './contract/dataset.ts';

/** Images of 1 x 2 pixels, both set to the image's index. */
const numbered = (count: number) =>
  imagesInMemory(
    Uint8Array.from({ length: 2 * count }, (_, index) => index >> 1),
    [1, 2, 1],
  );

const batch = (stream: BatchStream, step: number, size: number, first = 0): number[] => {
  const out = new Uint8Array(2 * size);
  stream.batchAt(step, out, first);
  for (let index = 0; index < size; index++) {
    expect(out[2 * index]).toBe(out[2 * index + 1]);
  }
  return Array.from({ length: size }, (_, index) => out[2 * index]!);
};

const sizes = { count: fc.integer({ min: 1, max: 40 }), batchSize: fc.integer({ min: 1, max: 60 }) };

describe('BatchStream', () => {
  it('visits every image once per epoch, for any batch size', () => {
    fc.assert(
      fc.property(sizes.count, sizes.batchSize, fc.nat(), (count, batchSize, seed) => {
        const stream = new BatchStream(numbered(count), batchSize, seed);
        expect(stream.stepsPerEpoch).toBe(Math.ceil(count / batchSize));
        const steps = Math.ceil((3 * count) / batchSize);
        const visited = Array.from({ length: steps }, (_, step) => batch(stream, step, batchSize)).flat();
        for (let epoch = 0; epoch < 3; epoch++) {
          const run = visited.slice(epoch * count, (epoch + 1) * count);
          expect(run.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
        }
      }),
    );
  });

  it('returns any part of any step in any order, identical to reading step by step', () => {
    fc.assert(
      fc.property(
        sizes.count,
        sizes.batchSize,
        fc.array(fc.tuple(fc.nat(30), fc.nat(), fc.nat()), { minLength: 1 }),
        (count, batchSize, visits) => {
          const inOrder = new BatchStream(numbered(count), batchSize, 5);
          const batches = Array.from({ length: 31 }, (_, step) => batch(inOrder, step, batchSize));
          const jumping = new BatchStream(numbered(count), batchSize, 5);
          for (const [step, a, b] of visits) {
            const first = a % batchSize;
            const size = b % (batchSize - first + 1);
            expect(batch(jumping, step, size, first)).toEqual(batches[step]!.slice(first, first + size));
          }
        },
      ),
    );
  });

  it('shuffles each epoch and each seed differently', () => {
    const [stream, otherStream] = [
      new BatchStream(numbered(40), 40, 1),
      new BatchStream(numbered(40), 40, 2),
    ];
    const orders = [batch(stream, 0, 40), batch(stream, 1, 40), batch(otherStream, 0, 40)];
    const sorted = orders[0]!.toSorted((a, b) => a - b);
    expect(new Set([...orders, sorted].map(String)).size).toBe(4);
  });

  it('augments each image by its position in the stream, independently of batches and parts', () => {
    const pixels = Uint8Array.from({ length: 10 * 36 }, (_, index) => (index * 97) % 256);
    const images = imagesInMemory(pixels, [6, 6, 1]);
    const names = ['shift', 'flip', 'transpose'] as const;
    const read = (seed: number, batchSize: number, partSize: number): number[] => {
      const stream = new BatchStream(images, batchSize, seed, names);
      const parts: number[] = [];
      for (let step = 0; step < 24 / batchSize; step++) {
        for (let first = 0; first < batchSize; first += partSize) {
          const out = new Uint8Array(partSize * 36);
          stream.batchAt(step, out, first);
          parts.push(...out);
        }
      }
      return parts;
    };
    const expected = read(1, 12, 12);
    expect(read(1, 12, 3)).toEqual(expected);
    expect(read(1, 8, 4)).toEqual(expected);
    expect(read(2, 12, 12)).not.toEqual(expected);
    // The source images are unchanged.
    expect(pixels.every((value, index) => value === (index * 97) % 256)).toBe(true);
  });

  it('rejects invalid batches', () => {
    expect(() => new BatchStream(numbered(0), 4, 0)).toThrow('no images');
    for (const batchSize of [0, -1, 2.5, Number.NaN]) {
      expect(() => new BatchStream(numbered(3), batchSize, 0)).toThrow(`not ${batchSize}`);
    }
    const stream = new BatchStream(numbered(9), 4, 0);
    expect(() => batch(stream, -1, 4)).toThrow('not -1');
    expect(() => batch(stream, 0.5, 4)).toThrow('not 0.5');
    expect(() => batch(stream, 0, 5)).toThrow('5 images starting at image 0');
    expect(() => batch(stream, 0, 3, 2)).toThrow('3 images starting at image 2');
    expect(() => batch(stream, 0, 1, -1)).toThrow('starting at image -1');
    expect(() => stream.batchAt(0, new Uint8Array(3))).toThrow('1.5 images');
  });
});

describe('batchesInOrder', () => {
  it('covers each image exactly once, in order, and pads the last batch with the last image', () => {
    fc.assert(
      fc.property(fc.nat(40), sizes.batchSize, (count, batchSize) => {
        const batches = [...batchesInOrder(numbered(count), batchSize)];
        expect(batches).toHaveLength(Math.ceil(count / batchSize));
        const counted = batches.flatMap(({ images, count: real }) => [...images.subarray(0, 2 * real)]);
        expect(counted).toEqual(Array.from({ length: 2 * count }, (_, index) => index >> 1));
        for (const { images, count: real } of batches) {
          expect(images).toHaveLength(2 * batchSize);
          expect([...images.subarray(2 * real)]).toEqual(Array(2 * (batchSize - real)).fill(count - 1));
        }
      }),
    );
  });

  it('rejects a batch size of 0', () => {
    expect(() => batchesInOrder(numbered(3), 0).next()).toThrow('not 0');
  });
});
