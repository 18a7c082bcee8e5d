// A run that takes a second: its images and its configuration.
import { conditioned } from '../data/contract/conditions.ts';
import { type Dataset, type ImageSet, imagesInMemory, labelled, readAll } from '../data/contract/dataset.ts';
import { requireEightBits } from '../data/pixels/values.ts';
import type { Config, ConfigLayer } from '../runs/settings/configSchema.ts';
import { resolveConfig } from '../runs/settings/resolve.ts';
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

/** The conditions of `labelledTinyDataset`: how far an image is to the right, and an image of its bright pixels. */
const tinyCondition = [
  { name: 'moment', mean: 0, deviation: 1 },
  { name: 'bright', mean: 0.5, deviation: 0.5, shape: [8, 8, 1] },
];

/** `tinyDataset` with labels and conditions. */
export function labelledTinyDataset(size: number): Dataset {
  const { train, validation, test, ...otherFields } = tinyDataset(size);
  const withSides = (images: ImageSet): ImageSet => {
    const pixels = requireEightBits(readAll(images), 'tiny');
    const moments = Array.from({ length: images.count }, (_, image) => {
      const imagePixels = pixels.subarray(image * size * size, (image + 1) * size * size);
      return (
        imagePixels.reduce((sum, value, index) => sum + value * ((index % size) - (size - 1) / 2), 0) / 1000
      );
    });
    const numbers = moments.map((moment) => (moment < 0 ? 0 : 1));
    const bright = Float64Array.from(pixels, (pixel) => (pixel < 128 ? 0 : 1));
    return conditioned(labelled(images, tinyClasses, numbers, 'tiny'), { moment: moments, bright }, 'tiny');
  };
  return {
    ...otherFields,
    train: withSides(train),
    validation: withSides(validation),
    test: withSides(test),
  };
}

/** Model options with classes, with variational dequantisation, with both, with numbers and images as conditions, and with all of these and another prior. */
export const conditionedModels: readonly [string, NonNullable<ConfigLayer['model']>][] = [
  ['classes', { classes: tinyClasses }],
  ['variational dequantisation', { dequantisation: { name: 'variational', width: 8 } }],
  ['both', { classes: tinyClasses, dequantisation: { name: 'variational', width: 8 } }],
  ['conditions', { condition: tinyCondition }],
  [
    "classes, conditions and Student's t-distribution",
    { classes: tinyClasses, condition: tinyCondition, prior: 'student-t' },
  ],
];

/** The configuration of a run of 6 steps, validated and saved after every second one. */
export function tinyConfig(training: ConfigLayer['training'] = {}, model: ConfigLayer['model'] = {}): Config {
  return resolveConfig({
    overrides: {
      data: { name: 'tiny' },
      model: { levels: 2, depth: 1, conditioner: { width: 4 }, ...model },
      training: {
        // As high as the default learning rate: Adamax, for the rest, diverges on so few images at Muon's default.
        batchSize: 8,
        warmupSteps: 0,
        steps: 6,
        ...training,
        ...(training?.optimizer === 'muon' && { optimizer: { name: 'muon', restLearningRate: 0.001 } }),
      },
    },
  });
}
