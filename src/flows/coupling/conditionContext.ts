// The context that a condition gives to networks: numbers for each image, and images, at the resolution of a level.
import { UserError } from '../../core/errors.ts';
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
import type { Condition } from '../contract/condition.ts';
import { denseParameters, fanInKernel, parametersFrom, prefixed } from '../contract/parameters.ts';
import { squeeze } from '../layers/squeeze.ts';
import type { Context, ContextFor, GridSize } from './parts.ts';

/** How the values of a condition are scaled: to mean 0 and deviation 1 over the training images. */
export interface ConditionScale {
  /** Their mean over the training images. */
  readonly mean: number;
  /** Their standard deviation, above 0. */
  readonly deviation: number;
}

/** A condition that networks take as input, and its scale. */
export interface ScaledCondition extends ConditionScale {
  /** Its name. */
  readonly name: string;
  /** The shape of its values for each image: `[K]` numbers, or an image `[H, W, K]`. */
  readonly shape: readonly number[];
}

/** The channels that a vector is embedded into, and the hidden ones before. */
const VECTOR_CHANNELS = 8;
const VECTOR_HIDDEN = 32;

/** The most channels of context images; more are embedded into as many. */
const MOST_IMAGE_CHANNELS = 64;

/**
 * The context of conditions at any level of a model. Numbers, standardised and side by side, pass through a layer of hidden
 * units to 8 channels, the same at all pixels. Images, standardised and squeezed to the level, pass through a 1x1
 * convolution to 64 channels if they have more. Networks whose last layer starts at zero ignore both at the start.
 *
 * @param conditions numbers and images, in their order
 * @param imageShape the shape of the model's images; context images have the same height and width
 * @throws if they don't
 */
export function conditionContext(conditions: readonly ScaledCondition[], imageShape: ImageShape): ContextFor {
  const vector = conditions.filter(({ shape }) => shape.length === 1);
  const images = conditions.filter(({ shape }) => shape.length > 1);
  const misfit = images.find(({ shape }) => shape[0] !== imageShape[0] || shape[1] !== imageShape[1]);
  if (misfit) {
    throw new UserError(
      'invalid-argument',
      `the condition '${misfit.name}' is ${misfit.shape.join(' x ')}: condition images need the height and width of the images, ${imageShape[0]} x ${imageShape[1]}`,
    );
  }
  return (grid) => {
    const parts = {
      ...(vector.length > 0 && { vector: embeddedVector(vector, grid) }),
      ...(images.length > 0 && { images: squeezedImages(images, imageShape, grid) }),
    };
    const entries = Object.entries(parts);
    return {
      channels: entries.reduce((total, [, { channels }]) => total + channels, 0),
      parameters: Object.assign({}, ...entries.map(([key, part]) => prefixed(key, part.parameters))),
      conditions: Object.fromEntries(conditions.map(({ name, shape }) => [name, shape])),
      forward(p, condition) {
        const contexts = entries.map(([key, part]) => part.forward(p.at(key), condition));
        return contexts.length === 1 ? contexts[0]! : concatenate(contexts, 3);
      },
    };
  };
}

/** The numbers, or the channels, that conditions have together. */
function countChannels(conditions: readonly ScaledCondition[]): number {
  return conditions.reduce((total, { shape }) => total + shape.at(-1)!, 0);
}

function embeddedVector(conditions: readonly ScaledCondition[], [height, width]: GridSize): Context {
  return {
    channels: VECTOR_CHANNELS,
    parameters: {
      ...prefixed('hidden', denseParameters(countChannels(conditions), VECTOR_HIDDEN)),
      ...prefixed('out', denseParameters(VECTOR_HIDDEN, VECTOR_CHANNELS)),
    },
    forward(p, condition) {
      const values = standardised(condition, conditions);
      const hidden = elu(add(product(values, p.get('hidden/kernel')), p.get('hidden/bias')));
      const out = add(product(hidden, p.get('out/kernel')), p.get('out/bias'));
      const [count] = out.shape as [number];
      const pixel = reshape(out, [count, 1, 1, VECTOR_CHANNELS]);
      return expand(pixel, [count, height, width, VECTOR_CHANNELS]);
    },
  };
}

function squeezedImages(
  conditions: readonly ScaledCondition[],
  [height, width]: ImageShape,
  [rows]: GridSize,
): Context {
  const squeezes: Bijection[] = [];
  const depth = countChannels(conditions);
  for (let shape: ImageShape = [height, width, depth]; shape[0] > rows; ) {
    const layer = squeeze(shape);
    squeezes.push(layer);
    shape = layer.outputShape;
  }
  const channelCount = depth * 4 ** squeezes.length;
  const isEmbedded = channelCount > MOST_IMAGE_CHANNELS;
  const none = parametersFrom({});
  return {
    channels: isEmbedded ? MOST_IMAGE_CHANNELS : channelCount,
    parameters: isEmbedded ? { kernel: fanInKernel(channelCount, MOST_IMAGE_CHANNELS) } : {},
    forward(p, condition) {
      const images = standardised(condition, conditions);
      const squeezed = squeezes.reduce((x, layer) => layer.forward(x, none).y, images);
      return isEmbedded ? pointwise(squeezed, p.get('kernel')) : squeezed;
    },
  };
}

/** Conditions side by side along the last axis, scaled to mean 0 and deviation 1. */
function standardised(condition: Condition, conditions: readonly ScaledCondition[]): Tensor {
  const parts = conditions.map(({ name }) => condition[name]!);
  const values = parts.length === 1 ? parts[0]! : concatenate(parts, parts[0]!.rank - 1);
  const row = (number: (scale: ConditionScale) => number): Tensor => {
    const data = conditions.flatMap((scale) => Array<number>(scale.shape.at(-1)!).fill(number(scale)));
    return constant({ shape: [data.length], data: Float64Array.from(data) });
  };
  const centred = add(
    values,
    row(({ mean }) => -mean),
  );
  return multiply(
    centred,
    row(({ deviation }) => 1 / deviation),
  );
}
