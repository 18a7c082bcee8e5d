// The top prior that depends on the class: its density under each class.
import { expect, it } from 'vitest';
import type { ImageShape, NdArray } from '../../core/numeric/arrays.ts';
import { compile } from '../../tensor/engine/program.ts';
import { input, OPEN_BATCH, type Tensor } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { asInputs } from '../../testing/programValues.ts';
import { randomImages, randomParameters } from '../checks/randomParameters.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { boundaries, type ImageBoundary } from '../layers/scaledConvolution.ts';
import { stageFrom } from '../models/stages.ts';
import { topPrior } from './prior.ts';

const K = 4;
const shapes: ImageShape[] = [
  [3, 2, 3],
  [1, 1, 2],
  [2, 5, 1],
];

const oneHot = (numbers: readonly number[]): NdArray => ({
  shape: [numbers.length, K],
  data: Float64Array.from(
    numbers.flatMap((number) => Array.from({ length: K }, (_, k) => Number(k === number))),
  ),
});

/** Every shape, with each boundary. */
const cases = boundaries.flatMap((boundary) =>
  shapes.map((shape): [string, ImageShape, ImageBoundary] => [
    `${shape.join('x')}, ${boundary}`,
    shape,
    boundary,
  ]),
);

it.each(cases)(
  '%s: has the density of the plain formula, of its class and of all',
  async (_, shape, boundary) => {
    const [height, width, channels] = shape;
    const layer = topPrior(shape, { learnedPrior: true, classes: K, boundary });
    const parameters = randomParameters(layer.parameters);
    const tensors: Record<string, Tensor> = asInputs(parameters);
    const numbers = [3, 0, 2];
    const x = randomImages(numbers.length, shape, 'x');
    const [z, classes] = [input('z', [OPEN_BATCH, ...shape]), input('classes', [OPEN_BATCH, K])];
    const p = parametersFrom(tensors);
    const { epsilon, logPrior } = layer.forward(z, p, { classes });
    const outputs = {
      logPrior,
      back: layer.inverse(epsilon, p, { classes }),
      all: layer.logPriorByClass!(z, p),
    };
    const program = await compile({ inputs: { z, classes, ...tensors }, outputs }, { precision: 'float64' });
    const result = await program.run({ z: x, classes: oneHot(numbers), ...parameters });
    await program.release();
    const { edgeKernel, bias, logScale, classKernel, classLogScale } = parameters as Record<string, NdArray>;
    const density = (image: number, number: number): number => {
      let total = 0;
      for (let pixel = 0; pixel < height * width; pixel++) {
        const [row, column] = [Math.floor(pixel / width), pixel % width];
        const h = (output: number): number => {
          let shared = bias!.data[output]!;
          for (let tap = 0; tap < 9; tap++) {
            const [r, c] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
            const isOutside = r < 0 || r >= height || c < 0 || c >= width;
            // On a torus nothing is outside.
            shared += isOutside ? (edgeKernel?.data[tap * 2 * channels + output] ?? 0) : 0;
          }
          const kernelRow = boundary === 'zero' ? number * height * width + pixel : number;
          const weight = classKernel!.data[kernelRow * 2 * channels + output]!;
          return (
            shared * Math.exp(3 * logScale!.data[output]!) +
            0.1 * weight * Math.exp(3 * classLogScale!.data[output]!)
          );
        };
        for (let channel = 0; channel < channels; channel++) {
          const [mean, logDeviation] = [h(channel), h(channels + channel)];
          const value = x.data[(image * height * width + pixel) * channels + channel]!;
          const standard = (value - mean) / Math.exp(logDeviation);
          total += -0.5 * Math.log(2 * Math.PI) - logDeviation - 0.5 * standard ** 2;
        }
      }
      return total;
    };
    const every = numbers.flatMap((_, image) =>
      Array.from({ length: K }, (_, number) => density(image, number)),
    );
    expectClose('by class', result.all!.data, every, 'float64');
    expectClose(
      'given the class',
      result.logPrior!.data,
      numbers.map((number, image) => density(image, number)),
      'float64',
    );
    expectClose('back', result.back!.data, x.data, 'float64');
  },
);

it('needs the classes of the images, and a learned prior', () => {
  const layer = topPrior([1, 1, 2], { learnedPrior: true, classes: K });
  const tensors = asInputs(layer.parameters);
  const forward = () => stageFrom(layer).bijection.forward(input('z', [1, 1, 1, 2]), parametersFrom(tensors));
  expect(forward).toThrow("prior needs the condition 'classes', [4] for each image, which is missing");
  expect(() => topPrior([1, 1, 2], { learnedPrior: false, classes: K })).toThrow('cannot depend on classes');
});
