// A fully connected conditioner, for points.
import { UserError } from '../../core/errors.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import { add, elu, pointwise, reshape } from '../../tensor/operations/index.ts';
import { denseParameters, filledParameter, prefixed } from '../contract/parameters.ts';
import { MOST_CHANNELS } from '../layers/sharedOptions.ts';
import { type Conditioner, defineConditioner } from './parts.ts';

/** The options of a fully connected conditioner. */
interface DenseConditionerOptions {
  /** Units of a hidden layer; default 64. */
  readonly width?: number;
  /** Hidden layers, 0 or more; default 2. */
  readonly layers?: number;
}

/**
 * A fully connected network from all values that it sees to all numbers: h ← elu(W·h + b) in each hidden layer, at the end
 * W·h + b, which starts at zero. Hidden weights start as N(0, 1/fan-in). On points, `[1, 1, C]`, it is the usual perceptron.
 *
 * @throws if the number of layers is not a whole number
 */
export function denseConditioner({ width = 64, layers = 2 }: DenseConditionerOptions = {}): Conditioner {
  if (!Number.isInteger(layers) || layers < 0) {
    throw new UserError(
      'invalid-argument',
      `dense: layers must be a whole number of 0 or more, not ${layers}`,
    );
  }
  const paths = Array.from({ length: layers }, (_, index) => `hidden/${index}`);
  return {
    parameters([height, columns, seen], { channels, numbers }) {
      const pixels = height * columns;
      const outputs = pixels * channels * numbers;
      const inputs = pixels * seen;
      return {
        ...Object.assign(
          {},
          ...paths.map((path, index) => prefixed(path, denseParameters(index === 0 ? inputs : width, width))),
        ),
        'last/kernel': {
          ...filledParameter([layers === 0 ? inputs : width, outputs], 0),
          kernel: true,
          decays: true,
        },
        'last/bias': filledParameter([outputs], 0),
      };
    },
    forward(image, p, _, { channels, numbers }) {
      const [count, height, columns, seen] = image.shape as [number, number, number, number];
      const flat = height * columns === 1 ? image : reshape(image, [count, 1, 1, height * columns * seen]);
      const hidden = paths.reduce(
        (h, path) => elu(add(pointwise(h, p.get(`${path}/kernel`)), p.get(`${path}/bias`))),
        flat,
      );
      const out = add(pointwise(hidden, p.get('last/kernel')), p.get('last/bias'));
      return height * columns === 1 ? out : reshape(out, [count, height, columns, channels * numbers]);
    },
  };
}

/** The fully connected conditioner as configurations choose it. */
export const denseNetwork = defineConditioner({
  name: 'dense',
  summary: 'A fully connected network of all values, for points.',
  options: {
    width: option('Units of a hidden layer.', wholeNumber(1, MOST_CHANNELS), 64),
    layers: option('Hidden layers.', wholeNumber(0, 100), 2),
  },
  build: (options) => denseConditioner(options),
});
