// A run that takes a second: its images and its configuration.
import { type Dataset, type ImageSet, imagesInMemory, readAll } from '../data/contract/dataset.ts';
import { labelled } from '../data/contract/labels.ts';
import type { Config, ConfigLayer } from '../experiments/configSchema.ts';
import { resolveConfig } from '../experiments/resolve.ts';
import { tinyImages } from './tinyImages.ts';

/** 40 images of `size` x `size` pixels to train on, 8 to validate and 8 to test. */
export function tinyDataset(size: number): Dataset {
  const images = (count: number, seed: number) =>
    imagesInMemory(tinyImages(count, size, seed), [size, size, 1]);
  return {
    name: 'tiny',
    imageShape: [size, size, 1],
    train: images(40, 0),
    validation: images(8, 1),
    test: images(8, 2),
  };
}

/** The classes of `labelledTinyDataset`: the side on which the spot of an image is. */
export const tinyClasses = ['left', 'right'];

/** `tinyDataset` with labels. */
export function labelledTinyDataset(size: number): Dataset {
  const { train, validation, test, ...rest } = tinyDataset(size);
  const withSides = (images: ImageSet): ImageSet => {
    const pixels = readAll(images);
    const numbers = Array.from({ length: images.count }, (_, image) => {
      const own = pixels.subarray(image * size * size, (image + 1) * size * size);
      const moment = own.reduce((sum, value, at) => sum + value * ((at % size) - (size - 1) / 2), 0);
      return moment < 0 ? 0 : 1;
    });
    return labelled(images, tinyClasses, numbers, 'tiny');
  };
  return { ...rest, train: withSides(train), validation: withSides(validation), test: withSides(test) };
}

/** Model options with classes, with variational dequantisation, and with both. */
export const conditionedModels: readonly [string, NonNullable<ConfigLayer['model']>][] = [
  ['classes', { classes: tinyClasses }],
  ['variational dequantisation', { dequantisation: 'variational', dequantisationWidth: 8 }],
  ['both', { classes: tinyClasses, dequantisation: 'variational', dequantisationWidth: 8 }],
];

/** The configuration of a run of 6 steps, validated and saved after every second one. */
export function tinyConfig(training: ConfigLayer['training'] = {}, model: ConfigLayer['model'] = {}): Config {
  return resolveConfig({
    overrides: {
      data: { name: 'tiny' },
      model: { levels: 2, depth: 1, width: 4, ...model },
      training: { batchSize: 8, warmupSteps: 0, steps: 6, ...training },
    },
  });
}
