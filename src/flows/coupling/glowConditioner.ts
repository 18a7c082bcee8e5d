// The conditioner of Glow: three convolutions with activation normalisation.
import { option, wholeNumber } from '../../core/parts/index.ts';
import { pointwise, relu, reshape } from '../../tensor/operations/index.ts';
import { normalParameter, type ParameterSpecs, prefixed } from '../contract/parameters.ts';
import { actnormParameters, normalised } from '../layers/actnorm.ts';
import {
  edgeConvolution,
  edgeKernelShape,
  type ImageBoundary,
  scaledConvolution,
  scaledConvolutionParameters,
} from '../layers/scaledConvolution.ts';
import { MOST_CHANNELS } from '../layers/sharedOptions.ts';
import { type Conditioner, type ConditionerOutput, defineConditioner } from './parts.ts';

/** The options of Glow's conditioner. */
export interface GlowConditionerOptions {
  /** Hidden channels; default 512. */
  readonly width?: number;
  /** What its convolutions see outside an image; default `zero`. */
  readonly boundary?: ImageBoundary;
}

/**
 * The network of Glow: 3x3 convolution, actnorm, ReLU; 1x1 convolution, actnorm, ReLU; scaled 3x3 convolution, which starts
 * at zero. Source: Kingma and Dhariwal, Glow (2018).
 */
export function glowConditioner({
  width = 512,
  boundary = 'zero',
}: GlowConditionerOptions = {}): Conditioner {
  return {
    parameters: ([, , seen], { channels, numbers }) =>
      networkParameters({ seen, width, channels, numbers, boundary }),
    forward(image, p, _, { channels }) {
      const first = edgeConvolution(image, p.get('conv1/kernel'), boundary);
      const hidden = relu(normalised(first, p.at('conv1')).y);
      const kernel = p.get('conv2/kernel');
      const second = pointwise(hidden, reshape(kernel, kernel.shape.slice(2)));
      return scaledConvolution(relu(normalised(second, p.at('conv2')).y), p.at('conv3'), {
        boundary,
        channels,
      });
    },
  };
}

function networkParameters({
  seen,
  width,
  channels,
  numbers,
  boundary,
}: ConditionerOutput & {
  readonly seen: number;
  readonly width: number;
  readonly boundary: ImageBoundary;
}): ParameterSpecs {
  const parameters: ParameterSpecs = {
    'conv1/kernel': normalParameter(edgeKernelShape(seen, width, boundary), 0.05),
    ...prefixed('conv1', actnormParameters(width)),
    'conv2/kernel': normalParameter([1, 1, width, width], 0.05),
    ...prefixed('conv2', actnormParameters(width)),
    ...prefixed('conv3', scaledConvolutionParameters(width, channels * numbers, boundary, channels)),
  };
  return Object.fromEntries(
    Object.entries(parameters).map(([path, spec]) => {
      const kernel = path.endsWith('/kernel');
      return [path, { ...spec, kernel, decays: kernel }];
    }),
  );
}

/** Glow's conditioner as configurations choose it. */
export const glowNetwork = defineConditioner({
  name: 'glow',
  summary: 'Three convolutions, as in Glow.',
  options: { width: option('Hidden channels.', wholeNumber(1, MOST_CHANNELS), 512) },
  build: (options, surroundings) => glowConditioner({ ...options, ...surroundings }),
});
