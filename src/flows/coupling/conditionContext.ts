// The context that a condition gives to networks: numbers for each image, and images, at the resolution of a level.
import type { ImageShape } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  elu,
  expand,
  multiply,
  pointwise,
  product,
  reshape,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { required } from '../contract/condition.ts';
import {
  filledParameter,
  normalParameter,
  type ParameterSpec,
  type ParameterSpecs,
  parametersFrom,
  prefixed,
} from '../contract/parameters.ts';
import { squeeze } from '../layers/squeeze.ts';
import type { Context, ContextFor, Grid } from './context.ts';

/** How a number of the condition is scaled: to mean 0 and deviation 1 over the training images. */
export interface ConditionScale {
  /** Its mean over the training images. */
  readonly mean: number;
  /** Its standard deviation, above 0. */
  readonly deviation: number;
}

/** What a condition consists of. */
export interface ConditionParts {
  /** The numbers of the vector of each image. */
  readonly vector: readonly ConditionScale[];
  /** The channels of the context image of each image. */
  readonly images: readonly ConditionScale[];
}

/** The channels that a vector is embedded into, and the hidden ones before. */
const VECTOR_CHANNELS = 8;
const VECTOR_HIDDEN = 32;

/** The most channels of context images; more are embedded into as many. */
const MOST_IMAGE_CHANNELS = 64;

/**
 * The context of a condition at any level of a model. The vector, standardised, passes through a layer of hidden units
 * to 8 channels, the same at all pixels. The context images, standardised and squeezed to the level, pass through a 1x1
 * convolution to 64 channels if they have more. Networks whose last layer starts at zero ignore both at the start.
 *
 * @param imageShape the shape of the model's images; context images have the same height and width
 */
export function conditionContext({ vector, images }: ConditionParts, imageShape: ImageShape): ContextFor {
  return (grid) => {
    const parts = {
      ...(vector.length > 0 && { vector: embeddedVector(vector, grid) }),
      ...(images.length > 0 && { images: squeezedImages(images, imageShape, grid) }),
    };
    const entries = Object.entries(parts);
    return {
      channels: entries.reduce((total, [, { channels }]) => total + channels, 0),
      parameters: Object.assign({}, ...entries.map(([key, part]) => prefixed(key, part.parameters))),
      forward(p, condition) {
        const found = entries.map(([key, part]) => part.forward(p.at(key), condition));
        return found.length === 1 ? found[0]! : concatenate(found, 3);
      },
    };
  };
}

function embeddedVector(scales: readonly ConditionScale[], [height, width]: Grid): Context {
  return {
    channels: VECTOR_CHANNELS,
    parameters: {
      ...dense('hidden', scales.length, VECTOR_HIDDEN),
      ...dense('out', VECTOR_HIDDEN, VECTOR_CHANNELS),
    },
    forward(p, condition) {
      const values = standardised(required(condition, 'vector'), scales);
      const hidden = elu(add(product(values, p.get('hidden/kernel')), p.get('hidden/bias')));
      const out = add(product(hidden, p.get('out/kernel')), p.get('out/bias'));
      const [count] = out.shape as [number];
      const pixel = reshape(out, [count, 1, 1, VECTOR_CHANNELS]);
      return expand(pixel, [count, height, width, VECTOR_CHANNELS]);
    },
  };
}

function squeezedImages(
  scales: readonly ConditionScale[],
  [height, width]: ImageShape,
  [rows]: Grid,
): Context {
  const squeezes: Bijection[] = [];
  for (let shape: ImageShape = [height, width, scales.length]; shape[0] > rows; ) {
    const layer = squeeze(shape);
    squeezes.push(layer);
    shape = layer.outputShape;
  }
  const given = scales.length * 4 ** squeezes.length;
  const isEmbedded = given > MOST_IMAGE_CHANNELS;
  const none = parametersFrom({});
  return {
    channels: isEmbedded ? MOST_IMAGE_CHANNELS : given,
    parameters: isEmbedded ? { kernel: fanInKernel(given, MOST_IMAGE_CHANNELS) } : {},
    forward(p, condition) {
      const images = standardised(required(condition, 'context'), scales);
      const squeezed = squeezes.reduce((x, layer) => layer.forward(x, none).y, images);
      return isEmbedded ? pointwise(squeezed, p.get('kernel')) : squeezed;
    },
  };
}

/** Numbers, the last axis of a tensor, scaled to mean 0 and deviation 1. */
function standardised(values: Tensor, scales: readonly ConditionScale[]): Tensor {
  const row = (of: (scale: ConditionScale) => number): Tensor =>
    constant({ shape: [scales.length], data: Float64Array.from(scales, of) });
  const centred = add(
    values,
    row(({ mean }) => -mean),
  );
  return multiply(
    centred,
    row(({ deviation }) => 1 / deviation),
  );
}

/** The parameters of a dense layer, below a path. */
function dense(path: string, inputs: number, outputs: number): ParameterSpecs {
  return prefixed(path, {
    kernel: fanInKernel(inputs, outputs),
    bias: filledParameter([outputs], 0),
  });
}

function fanInKernel(inputs: number, outputs: number): ParameterSpec {
  return { ...normalParameter([inputs, outputs], 1 / Math.sqrt(inputs)), kernel: true, decays: true };
}
