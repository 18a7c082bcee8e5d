// A run that takes a second: its images and its configuration.
import { type Dataset, imagesInMemory } from '../data/dataset.ts';
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

/** The configuration of a run of 6 steps, validated and saved after every second one. */
export function tinyConfig(training: ConfigLayer['training'] = {}): Config {
  return resolveConfig({
    overrides: {
      data: { name: 'tiny' },
      model: { levels: 2, depth: 1, width: 4 },
      training: { batchSize: 8, warmupSteps: 0, steps: 6, ...training },
    },
  });
}
