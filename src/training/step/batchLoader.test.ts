import { describe, expect, it } from 'vitest';
import { BatchStream } from '../../data/batches.ts';
import { imagesInMemory, labelled } from '../../data/contract/dataset.ts';
import { Glow } from '../../flows/models/glow.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { BatchLoader } from './batchLoader.ts';

const images = imagesInMemory(tinyImages(10, 4, 0), [4, 4, 1]);
const tinyFlow = { levels: 1, depth: 1, conditioner: { width: 2 }, mixing: 'reverse', bits: 6 } as const;
const model = new Glow(images.imageShape, tinyFlow);
const options = { batchSize: 3, seed: 5, model };

it("returns the stream's images, reduced to the model's bits", () => {
  const { image } = new BatchLoader(images, options).at(4);
  const pixels = new Uint8Array(3 * 16);
  new BatchStream(images, 3, 5).batchAt(4, pixels);
  expect(image.shape).toEqual([3, 4, 4, 1]);
  expect([...image.data]).toEqual([...pixels].map((value) => value >> 2));
});

it('depends only on seed and step, noise included', () => {
  const copyAt = (loader: BatchLoader, step: number) => structuredClone(loader.at(step));
  const loader = new BatchLoader(images, options);
  const [third, first] = [copyAt(loader, 3), copyAt(loader, 1)];
  expect(copyAt(loader, 3)).toEqual(third);
  expect(copyAt(new BatchLoader(images, options), 3)).toEqual(third);
  expect(first.noise).not.toEqual(third.noise);
  expect(copyAt(new BatchLoader(images, { ...options, seed: 6 }), 3)).not.toEqual(third);
  expect(third.noise.data.every((value) => value >= 0 && value < 1)).toBe(true);
});

describe('takes from the model', () => {
  it('the classes that batches have', () => {
    const classes = ['cat', 'dog'];
    const numbers = Array.from({ length: images.count }, (_, index) => index % 2);
    const some = labelled(images, classes, numbers, 'pets');
    const withClasses = new Glow(images.imageShape, { ...model.options, classes });
    const batch = new BatchLoader(some, { ...options, model: withClasses }).at(0);
    expect(batch['condition/classes']?.shape).toEqual([3, 2]);
    expect(new BatchLoader(some, options).at(0)['condition/classes']).toBe(undefined);
    expect(() => new BatchLoader(images, { ...options, model: withClasses })).toThrow(
      'the images of the batches have no labels, and the model has 2 classes',
    );
  });

  it('what the noise is drawn from, which no program can forget', () => {
    const variational = new Glow(images.imageShape, { ...model.options, dequantisation: 'variational' });
    const { noise } = new BatchLoader(images, { ...options, model: variational }).at(0);
    expect(Math.min(...noise.data)).toBeLessThan(-1);
    expect(noise.dequantisation).toBe('variational');
    const { model: _, ...without } = options;
    expect(() => new BatchLoader(images, without as typeof options)).toThrow(
      'BatchLoader needs the model: new BatchLoader(images, { batchSize, seed, model })',
    );
  });
});
