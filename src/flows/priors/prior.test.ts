// Splits and the top prior: round trips, and densities against plain loops.
import { describe, expect, it } from 'vitest';
import type { ImageShape, NdArray } from '../../core/numeric/arrays.ts';
import { input, OPEN_BATCH } from '../../tensor/tensor.ts';
import { expectClose } from '../../testing/golden.ts';
import { asInputs, runOnce } from '../../testing/programValues.ts';
import { randomImages, randomParameters } from '../checks/randomParameters.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { split, topPrior } from './prior.ts';

const IMAGES = 3;
const shapes: ImageShape[] = [
  [3, 4, 2],
  [2, 5, 6],
  [1, 1, 2],
];

/** ln N(z; mean, e^logDeviation) of one number. */
function logNormal(z: number, mean: number, logDeviation: number): number {
  const epsilon = (z - mean) / Math.exp(logDeviation);
  return -0.5 * Math.log(2 * Math.PI) - logDeviation - 0.5 * epsilon * epsilon;
}

/**
 * (x * kernel + bias)·e^(3·logScale) of one image, in loops; the kernel's last input channel sees 1 outside.
 */
function scaledConvolution(
  image: (row: number, column: number, channel: number) => number,
  [height, width, channels]: ImageShape,
  { kernel, bias, logScale }: Record<string, NdArray>,
): (row: number, column: number, channel: number) => number {
  const outputs = bias!.data.length;
  return (row, column, output) => {
    let total = bias!.data[output]!;
    for (let tap = 0; tap < 9; tap++) {
      const [r, c] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
      const inside = r >= 0 && r < height && c >= 0 && c < width;
      for (let channel = 0; channel <= channels; channel++) {
        const weight = kernel!.data[(tap * (channels + 1) + channel) * outputs + output]!;
        total += weight * (channel === channels ? (inside ? 0 : 1) : inside ? image(r, c, channel) : 0);
      }
    }
    return total * Math.exp(3 * logScale!.data[output]!);
  };
}

async function runSplit(shape: ImageShape, learnedPrior: boolean, x: NdArray) {
  const layer = split(shape, { learnedPrior });
  const parameters = randomParameters(layer.parameters);
  const tensors = asInputs(parameters);
  const p = parametersFrom(tensors);
  const image = input('x', [OPEN_BATCH, ...shape]);
  const forward = layer.forward(image, p);
  const outputs = { ...forward, back: layer.inverse(forward.y, forward.epsilon, p) };
  const result = await runOnce(
    { inputs: { x: image, ...tensors }, outputs },
    { x, ...parameters },
    'float64',
  );
  return { layer, parameters, result };
}

async function runTopPrior(shape: ImageShape, learnedPrior: boolean, x: NdArray) {
  const layer = topPrior(shape, { learnedPrior });
  const parameters = randomParameters(layer.parameters);
  const tensors = asInputs(parameters);
  const p = parametersFrom(tensors);
  const z = input('x', [OPEN_BATCH, ...shape]);
  const forward = layer.forward(z, p);
  const outputs = { ...forward, back: layer.inverse(forward.epsilon, p) };
  const result = await runOnce({ inputs: { x: z, ...tensors }, outputs }, { x, ...parameters }, 'float64');
  return { parameters, result };
}

describe.each([true, false])('learned prior: %s', (learnedPrior) => {
  describe.each(shapes)('%i x %i x %i', (height, width, channels) => {
    const shape: ImageShape = [height, width, channels];
    const x = randomImages(IMAGES, shape, 'x');
    const valueAt = (image: number, row: number, column: number, channel: number) =>
      x.data[((image * height + row) * width + column) * channels + channel]!;

    it('split: keeps the first half, round-trips, and has the density of the plain formula', async () => {
      const { layer, parameters, result } = await runSplit(shape, learnedPrior, x);
      const half = channels / 2;
      expect(layer.keptShape).toEqual([height, width, half]);
      expect(result.epsilon!.shape).toEqual([IMAGES, ...layer.latentShape]);
      expectClose('back', result.back!.data, x.data, 'float64');
      for (let image = 0; image < IMAGES; image++) {
        const keptAt = (row: number, column: number, channel: number) => valueAt(image, row, column, channel);
        const h = learnedPrior ? scaledConvolution(keptAt, [height, width, half], parameters) : () => 0;
        let expected = 0;
        for (let pixel = 0; pixel < height * width; pixel++) {
          const [row, column] = [Math.floor(pixel / width), pixel % width];
          for (let channel = 0; channel < half; channel++) {
            const [mean, logDeviation] = [h(row, column, 2 * channel), h(row, column, 2 * channel + 1)];
            expected += logNormal(valueAt(image, row, column, half + channel), mean, logDeviation);
            const y = result.y!.data[((image * height + row) * width + column) * half + channel];
            expect(y).toBe(valueAt(image, row, column, channel));
          }
        }
        expectClose('logPrior', [result.logPrior!.data[image]!], [expected], 'float64');
      }
    });

    it('top prior: round-trips, and has the density of the plain formula', async () => {
      const { parameters, result } = await runTopPrior(shape, learnedPrior, x);
      expectClose('back', result.back!.data, x.data, 'float64');
      const { edgeKernel, ...otherParameters } = parameters;
      const none: ImageShape = [height, width, 0];
      const h = learnedPrior
        ? scaledConvolution(() => 0, none, { kernel: edgeKernel!, ...otherParameters })
        : () => 0;
      for (let image = 0; image < IMAGES; image++) {
        let expected = 0;
        for (let pixel = 0; pixel < height * width; pixel++) {
          const [row, column] = [Math.floor(pixel / width), pixel % width];
          for (let channel = 0; channel < channels; channel++) {
            const [mean, logDeviation] = [h(row, column, channel), h(row, column, channels + channel)];
            expected += logNormal(valueAt(image, row, column, channel), mean, logDeviation);
          }
        }
        expectClose('logPrior', [result.logPrior!.data[image]!], [expected], 'float64');
      }
    });
  });
});

it('a split needs an even number of channels', () => {
  expect(() => split([2, 2, 3], { learnedPrior: true })).toThrow(
    'split: the number of channels must be even, not 3',
  );
});
