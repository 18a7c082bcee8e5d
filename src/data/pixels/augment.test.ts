import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import {
  type AugmentationName,
  augment,
  augmentations,
  checkAugmentations,
  reflected,
  repeated,
  shift,
} from './augment.ts';

const randomImage = (shape: ImageShape, seed: number): Uint8Array => {
  const random = new RandomStream(seed, 'image');
  return Uint8Array.from({ length: shape[0] * shape[1] * shape[2] }, () => random.integer(256));
};

/** The distinct results of one augmentation over many draws. */
const outcomes = (name: AugmentationName, pixels: number[], shape: ImageShape): Set<string> =>
  new Set(
    Array.from({ length: 40 }, (_, draw) => {
      const image = Uint8Array.from(pixels);
      augment(image, shape, [name], new RandomStream(3, 'test', draw));
      return String(image);
    }),
  );

/** A reference shift: each pixel from four weights, on the image padded far beyond its edges. */
function plainShift(
  image: Uint8Array,
  [height, width, channels]: ImageShape,
  down: number,
  right: number,
  edges: 'repeat' | 'reflect',
): number[] {
  const outside = (index: number, length: number): number => {
    // Steps back into the image one pixel or reflection at a time.
    let position = index;
    while (position < 0 || position > length - 1) {
      const border = position < 0 ? -0.5 : length - 0.5;
      position = edges === 'repeat' ? position + Math.sign(border - position) : 2 * border - position;
    }
    return position;
  };
  const values: number[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const [rows, columns] of [[0, 0] as const, [0, 1] as const, [1, 0] as const, [1, 1] as const]) {
          const [y, x] = [Math.floor(row + down) + rows, Math.floor(column + right) + columns];
          const weight = (1 - Math.abs(row + down - y)) * (1 - Math.abs(column + right - x));
          sum += weight * image[(outside(y, height) * width + outside(x, width)) * channels + channel]!;
        }
        values.push(sum);
      }
    }
  }
  return values;
}

describe('shift', () => {
  const edges = { repeat: repeated, reflect: reflected } as const;

  it.each(['repeat', 'reflect'] as const)('equals the reference, rounded down, edges: %s', (kind) => {
    const sides = fc.integer({ min: 1, max: 9 });
    const by = fc.double({ min: -0.9, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(
        sides,
        sides,
        fc.constantFrom(1, 3),
        by,
        by,
        fc.nat(),
        (height, width, channels, dy, dx, seed) => {
          const shape: ImageShape = [height, width, channels];
          const image = randomImage(shape, seed);
          const wanted = plainShift(image, shape, dy * height, dx * width, kind);
          shift(image, shape, [dy * height, dx * width], edges[kind]);
          image.forEach((value, index) => {
            // The two sum in different orders, so rounding errors can put a whole number on either side.
            expect(wanted[index]! - value).toBeGreaterThan(-1e-9);
            expect(wanted[index]! - value).toBeLessThan(1 + 1e-9);
          });
        },
      ),
    );
  });

  it('is exact for whole pixels', () => {
    const row = (by: number, edge: typeof repeated): number[] => {
      const image = Uint8Array.of(10, 20, 30, 40);
      shift(image, [1, 4, 1], [0, by], edge);
      return [...image];
    };
    expect(row(1, repeated)).toEqual([20, 30, 40, 40]);
    expect(row(-2, repeated)).toEqual([10, 10, 10, 20]);
    expect(row(1, reflected)).toEqual([20, 30, 40, 40]);
    expect(row(-2, reflected)).toEqual([20, 10, 10, 20]);
  });

  it('rounds down, and leaves uniform images unchanged', () => {
    const image = Uint8Array.of(0, 3, 255, 255);
    shift(image, [1, 4, 1], [0, 0.3], repeated);
    expect([...image]).toEqual([0, 78, 255, 255]);
    const plain = new Uint8Array(7 * 5 * 3).fill(201);
    shift(plain, [7, 5, 3], [0.1234567, -0.3333333], reflected);
    expect(plain.every((value) => value === 201)).toBe(true);
  });
});

describe('augmentations', () => {
  it('flip, flipVertical and transpose either apply or leave the image unchanged', () => {
    const image = [1, 2, 3, 4, 5, 6];
    expect(outcomes('flip', image, [2, 3, 1])).toEqual(new Set(['1,2,3,4,5,6', '3,2,1,6,5,4']));
    expect(outcomes('flip', image, [1, 3, 2])).toEqual(new Set(['1,2,3,4,5,6', '5,6,3,4,1,2']));
    expect(outcomes('flipVertical', image, [2, 3, 1])).toEqual(new Set(['1,2,3,4,5,6', '4,5,6,1,2,3']));
    expect(outcomes('flipVertical', image, [3, 1, 2])).toEqual(new Set(['1,2,3,4,5,6', '5,6,3,4,1,2']));
    const square = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(outcomes('transpose', square, [2, 2, 2])).toEqual(new Set([String(square), '1,2,5,6,3,4,7,8']));
  });

  it.each([
    ['shift', 'repeat'],
    ['shiftReflect', 'reflect'],
  ] as const)('%s moves by up to a tenth of each side, in both directions', (name, edges) => {
    const shape: ImageShape = [20, 30, 1];
    const ramps = (axis: 0 | 1): Uint8Array =>
      Uint8Array.from({ length: 600 }, (_, index) => 4 * (axis === 0 ? Math.floor(index / 30) : index % 30));
    const centre = 10 * 30 + 15;
    for (const axis of [0, 1] as const) {
      const moves = Array.from({ length: 300 }, (_, draw) => {
        const image = ramps(axis);
        augment(image, shape, [name], new RandomStream(1, axis, draw));
        return image[centre]! / 4 - ramps(axis)[centre]! / 4;
      });
      const maxShift = 0.1 * shape[axis];
      expect(Math.max(...moves)).toBeGreaterThan(0.8 * maxShift);
      expect(Math.max(...moves)).toBeLessThanOrEqual(maxShift);
      expect(Math.min(...moves)).toBeLessThan(-0.8 * maxShift);
      // Rounding down takes off up to one grey level, a quarter of a pixel here.
      expect(Math.min(...moves)).toBeGreaterThanOrEqual(-maxShift - 0.25);
    }
    const image = randomImage(shape, 8);
    const [random, replay] = [new RandomStream(6, 'shift'), new RandomStream(6, 'shift')];
    const [down, right] = [20, 30].map((side) => side * 0.1 * (2 * replay.uniform() - 1)) as [number, number];
    const wanted = plainShift(image, shape, down, right, edges).map((value) => Math.floor(value + 1e-9));
    augment(image, shape, [name], random);
    expect([...image]).toEqual(wanted);
  });

  it('draw only from the given stream, in the order of their names', () => {
    const names = Object.keys(augmentations) as AugmentationName[];
    const varied = (order: AugmentationName[]) => {
      const image = randomImage([10, 10, 3], 1);
      augment(image, [10, 10, 3], order, new RandomStream(2, 'x'));
      return image;
    };
    expect(varied(names)).toEqual(varied(names));
    expect(varied(names)).not.toEqual(varied(names.toReversed()));
  });

  it('reject transposing non-square images', () => {
    expect(() => checkAugmentations(['flip', 'transpose'], [4, 6, 1], 'uint8')).toThrow(
      'data.augment: transpose requires square images, but these are 4 x 6: remove it',
    );
    expect(() => checkAugmentations(['flip', 'shift'], [4, 6, 1], 'uint8')).not.toThrow();
    expect(() => checkAugmentations(['transpose'], [6, 6, 3], 'uint8')).not.toThrow();
  });
});
