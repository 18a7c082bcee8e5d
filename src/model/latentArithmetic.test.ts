// How well two groups of latents are separated: groups that differ, groups that don't, and groups of one image.
import { expect, it } from 'vitest';
import { RandomStream } from '../core/numeric/random.ts';
import { Latents, measureSeparation } from './latentArithmetic.ts';

/** Random latents of two levels, moved by `shift` in one element of each. */
function group(name: string, count: number, shift: number) {
  return [48, 200].map((size) => {
    const data = Float32Array.from(new RandomStream(3, name, size).normals(count * size));
    for (let image = 0; image < count; image++) {
      data[image * size + 5]! += shift;
    }
    return { shape: [count, size], data };
  });
}

it('separates groups that differ', () => {
  expect(measureSeparation(group('a', 30, 0), group('b', 20, 20))).toEqual({ from: 30, towards: 20 });
});

it('separates no groups by chance, though they have fewer images than latents', () => {
  const { from, towards } = measureSeparation(group('a', 40, 0), group('b', 40, 0))!;
  expect(from + towards).toBeLessThan(55);
});

it('takes each image out of the mean of its group', () => {
  const latent = (...values: number[]) => [{ shape: [values.length, 1], data: Float32Array.from(values) }];
  // Without it, the mean of its group is 0 for the image 10, farther than the other group's, 2; with it, 5.
  expect(measureSeparation(latent(0, 10), latent(2, 2))).toEqual({ from: 0, towards: 2 });
});

it('needs two images in each group', () => {
  expect(measureSeparation(group('a', 1, 0), group('b', 20, 9))).toBeNull();
});

it('interpolates and moves single images, and refuses several', () => {
  const [one, few] = [group('a', 1, 0), group('b', 3, 9)];
  const mean = Latents.mean(few);
  expect(Latents.interpolate(one, mean, 5).map(({ shape }) => shape)).toEqual([
    [5, 48],
    [5, 200],
  ]);
  expect(() => Latents.interpolate(one, few, 5)).toThrow(/of 3 images, but one is needed/);
  expect(() => Latents.interpolate(few, few, 5)).toThrow(/of 3 images, but one is needed/);
  const move = (from: Latents) => Latents.move(one, { from, towards: mean, amounts: [0, 1] });
  expect(move(mean)[0]!.data.subarray(48)).toEqual(one[0]!.data);
  expect(() => move(few)).toThrow(/of 3 images, but one is needed/);
});
