// Odd images by their neighbours alone, at the fence.
import { expect, it } from 'vitest';
import { NEIGHBOURS } from './neighbours.ts';
import { oddByNeighbours } from './oddImages.ts';

it.each([Math.sqrt(512), 5, 1e-5])(
  'none of images that are all %d from each other is flagged',
  (distance) => {
    const images = Array.from({ length: 20 }, (_, image) => image);
    const distances = new Float32Array(images.length * NEIGHBOURS).fill(distance);
    const nearest = new Int32Array(distances.length);
    expect(oddByNeighbours(images, { nearest, distances }).flagged).toBe(0);
    distances.fill(10 * distance + 1, 0, NEIGHBOURS);
    expect(oddByNeighbours(images, { nearest, distances }).flagged).toBe(1);
  },
);
