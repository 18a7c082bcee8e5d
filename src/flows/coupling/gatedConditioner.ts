// A conditioner of gated residual blocks.
import { UserError } from '../../core/errors.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  convolution,
  divide,
  elu,
  multiply,
  negate,
  pointwise,
  reshape,
  sigmoid,
  split,
  sqrt,
  squareOffsets,
  subtract,
  sum,
} from '../../tensor/operations/index.ts';
import {
  fanInKernel,
  filledParameter,
  type ParameterSpecs,
  type Parameters,
} from '../contract/parameters.ts';
import { byNumber, convolutionBoundary, type ImageBoundary } from '../layers/scaledConvolution.ts';
import { MOST_CHANNELS } from '../layers/sharedOptions.ts';
import { type Conditioner, type ConditionerOutput, defineConditioner } from './parts.ts';

/** The options of a gated conditioner. */
export interface GatedConditionerOptions {
  /** Hidden channels; default 64. */
  readonly width?: number;
  /** Residual blocks, 0 or more; default 2. */
  readonly blocks?: number;
  /** What its convolutions see outside an image; default `zero`. */
  readonly boundary?: ImageBoundary;
}

/** Added to a variance, so that its root is not 0. */
const LEAST_VARIANCE = 1e-5;

/**
 * With celu(x) = [elu(x), elu(−x)], side by side: h = conv3x3(image), then in each block
 * [v, g] = conv1x1(celu(conv3x3(celu(h)))) and h ← layernorm(h + v·sigmoid(g)), over the channels of each pixel, with a gain
 * and an offset; at the end conv3x3(celu(h)), which starts at zero. Convolutions have biases and no edge channel; the other
 * kernels start as N(0, 1/fan-in). Source: Ho et al., Flow++ (2019), in the form of the deep learning notebooks of the
 * University of Amsterdam.
 *
 * @throws if the number of blocks is not a whole number
 */
export function gatedConditioner({
  width = 64,
  blocks = 2,
  boundary = 'zero',
}: GatedConditionerOptions = {}): Conditioner {
  if (!Number.isInteger(blocks) || blocks < 0) {
    throw new UserError(
      'invalid-argument',
      `gated: blocks must be a whole number of 0 or more, not ${blocks}`,
    );
  }
  /** A 3x3 convolution with a bias. */
  const convolved = (x: Tensor, kernel: Tensor, bias: Tensor): Tensor => {
    const [, , inputs, outputs] = kernel.shape as [number, number, number, number];
    const options = { offsets: squareOffsets(3), boundary: convolutionBoundary(boundary) };
    return add(convolution(x, reshape(kernel, [9, inputs, outputs]), options), bias);
  };
  /** A residual block. */
  const block = (h: Tensor, p: Parameters): Tensor => {
    const inner = convolved(celu(h), p.get('kernel1'), p.get('bias1'));
    const valueAndGate = add(pointwise(celu(inner), p.get('kernel2')), p.get('bias2'));
    const [value, gate] = split(valueAndGate, 3, [width, width]);
    const normal = standardised(add(h, multiply(value, sigmoid(gate))));
    return add(multiply(normal, p.get('gain')), p.get('offset'));
  };
  const paths = Array.from({ length: blocks }, (_, index) => `blocks/${index}`);
  return {
    parameters: ([, , seen], { channels, numbers }) =>
      networkParameters(seen, width, { channels, numbers }, paths),
    forward(image, p, _, { channels }) {
      const first = convolved(image, p.get('first/kernel'), p.get('first/bias'));
      const hidden = paths.reduce((h, path) => block(h, p.at(path)), first);
      const last = (name: string): Tensor => byNumber(p.get(`last/${name}`), channels);
      return convolved(celu(hidden), last('kernel'), last('bias'));
    },
  };
}

function networkParameters(
  seen: number,
  width: number,
  { channels, numbers }: ConditionerOutput,
  paths: readonly string[],
): ParameterSpecs {
  return {
    'first/kernel': fanInKernel(3, 3, seen, width),
    'first/bias': filledParameter([width], 0),
    ...Object.assign(
      {},
      ...paths.map((path) => ({
        [`${path}/kernel1`]: fanInKernel(3, 3, 2 * width, width),
        [`${path}/bias1`]: filledParameter([width], 0),
        [`${path}/kernel2`]: fanInKernel(2 * width, 2 * width),
        [`${path}/bias2`]: filledParameter([2 * width], 0),
        [`${path}/gain`]: filledParameter([width], 1),
        [`${path}/offset`]: filledParameter([width], 0),
      })),
    ),
    'last/kernel': {
      ...filledParameter([3, 3, 2 * width, channels * numbers], 0),
      kernel: true,
      channels,
      decays: true,
    },
    'last/bias': filledParameter([channels * numbers], 0),
  };
}

/** elu(x) and elu(−x), side by side. */
function celu(x: Tensor): Tensor {
  return concatenate([elu(x), elu(negate(x))], 3);
}

/** The channels of each pixel, shifted to mean 0 and scaled to variance 1. */
function standardised(x: Tensor): Tensor {
  const mean = (values: Tensor): Tensor =>
    divide(reshape(sum(values, [3]), [...values.shape.slice(0, 3), 1]), values.shape[3]!);
  const centred = subtract(x, mean(x));
  return divide(centred, sqrt(add(mean(multiply(centred, centred)), LEAST_VARIANCE)));
}

/** The gated conditioner as configurations choose it. */
export const gatedNetwork = defineConditioner({
  name: 'gated',
  summary: 'Gated residual blocks.',
  options: {
    width: option('Hidden channels.', wholeNumber(1, MOST_CHANNELS), 64),
    blocks: option('Residual blocks.', wholeNumber(0, 100), 2),
  },
  build: (options, surroundings) => gatedConditioner({ ...options, ...surroundings }),
});
