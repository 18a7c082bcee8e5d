// The parts of couplings: the contracts of masks, conditioners, contexts and transformers, their definitions, and the masks
// that the library has.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import type {
  OptionSchemas,
  OptionValues,
  PartDefinition,
  PartialDefinition,
} from '../../core/parts/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { concatenate, expand, slice, sum, sumPerImage } from '../../tensor/operations/index.ts';
import { type Bijection, bijection } from '../contract/bijection.ts';
import type { Condition, ConditionShapes } from '../contract/condition.ts';
import type { ScalarForm } from '../contract/elementaryMaps.ts';
import type { ParameterSpecs, Parameters } from '../contract/parameters.ts';
import type { ImageBoundary } from '../layers/scaledConvolution.ts';

/**
 * Which values of an image a coupling keeps, 1, and which it changes, 0: for each channel, `[C]`, the same at every pixel;
 * for each pixel, `[H][W]`, with all of its channels; or for each value, `[H][W][C]`.
 */
export type Mask =
  | readonly number[]
  | readonly (readonly number[])[]
  | readonly (readonly (readonly number[])[])[];

/** A mask, or how it is made for images of a shape. */
export type MaskFor = Mask | ((shape: ImageShape) => Mask);

/** The numbers that a conditioner computes at each pixel. */
export interface ConditionerOutput {
  /** The channels of the changed values. */
  readonly channels: number;
  /** How many numbers the transformer takes for each of them. */
  readonly numbers: number;
}

/**
 * Computes the numbers of a transformer at every pixel, `[N, H, W, numbers · channels]`: number 0 of every channel, then
 * number 1, and so on. It need not be invertible.
 *
 * @param input images `[N, H, W, C]` as the mask shows them, followed by the channels of the context, if any
 * @param condition what it declares, for networks that use more of the condition than the context
 */
export type ConditionerFunction = (
  input: Tensor,
  parameters: Parameters,
  condition: Condition,
  output: ConditionerOutput,
) => Tensor;

/** A network that computes the numbers of a transformer from the values that a coupling keeps. */
export interface Conditioner {
  /**
   * Its parameters; networks with an output of zeros at the start make the coupling start near the identity.
   *
   * @param inputShape the shape of an image that it is given
   */
  parameters(inputShape: ImageShape, output: ConditionerOutput): ParameterSpecs;
  /** The conditions that it uses, by name; by default none. */
  readonly conditions?: ConditionShapes;
  /** The numbers of a batch. */
  readonly forward: ConditionerFunction;
}

/** Height and width of images. */
export type GridSize = readonly [height: number, width: number];

/** Additional network inputs, computed from the condition of a batch. */
export interface Context {
  /** How many channels it has. */
  readonly channels: number;
  /** Its parameters; empty if it has none. */
  readonly parameters: ParameterSpecs;
  /** The conditions that it is computed from, by name. */
  readonly conditions?: ConditionShapes;
  /** The context of a batch: `[N, H, W, channels]`, or with N = 1 one for all images. */
  forward(parameters: Parameters, condition: Condition): Tensor;
}

/** A context for images of this height and width. */
export type ContextFor = (grid: GridSize) => Context;

/** Unchanged context images, from the condition `context`: they have as many pixels as the images. */
export function contextImages(channels: number): ContextFor {
  return ([height, width]) => ({
    channels,
    parameters: {},
    conditions: { context: [height, width, channels] },
    forward: (_, { context }) => context!,
  });
}

/** Images with their context behind them, channel by channel. */
export function besideContext(images: Tensor, context: Tensor): Tensor {
  return concatenate([images, repeatPerImage(images, context)], 3);
}

/** A tensor `[N, H, W, K]` for the batch of these images, or `[1, H, W, K]` copied to as many. */
function repeatPerImage(images: Tensor, values: Tensor): Tensor {
  const [count] = images.shape as [number];
  // One value of each image: an open batch takes its number of images from it.
  const batch = slice(slice(slice(images, 3, 0, 1), 1, 0, 1), 2, 0, 1);
  return values.shape[0] === count ? values : expand(values, [count, ...values.shape.slice(1)], batch);
}

/**
 * A bijection that changes each value by itself. Its form depends on the condition `numbers`, `[H, W, K·C]` for images
 * `[H, W, C]`: number 0 of every channel, then number 1, up to number K − 1.
 */
export interface Transformer extends Bijection {
  /** How it changes one value, for lossless compression; missing if it can't compress. */
  readonly scalar?: ScalarForm;
}

/** A transformer of images of a shape: those that a coupling changes. */
export type TransformerFor = (shape: ImageShape) => Transformer;

/** Changed values. */
interface TransformedValues {
  /** The values, of the same shape as before. */
  readonly y: Tensor;
  /** ln |dy/dx| of each value, of the same shape; missing if it is 0 everywhere. */
  readonly logDerivative?: Tensor;
}

/** An invertible function of one value, whose form depends on numbers. */
export interface ElementwiseDefinition {
  /** Its name in the literature. */
  readonly name: string;
  /** How many numbers it takes for each value. */
  readonly numbers: number;
  /** Changes values `[N, H, W, C]`. `numbers`, `[N, H, W, K·C]`, holds number 0 of every channel, then number 1, and so on. */
  forward(x: Tensor, numbers: Tensor): TransformedValues;
  /** Inverts `forward` for the same numbers. */
  inverse(y: Tensor, numbers: Tensor): Tensor;
  /** As in a transformer. */
  readonly scalar?: ScalarForm;
}

/** A transformer from a function of single values: ln|det| is the sum of ln|dy/dx|. */
export function elementwise({
  name,
  numbers: count,
  forward,
  inverse,
  scalar,
}: ElementwiseDefinition): TransformerFor {
  return (shape) => ({
    ...bijection({
      name,
      inputShape: shape,
      outputShape: shape,
      parameters: {},
      conditions: { numbers: [shape[0], shape[1], count * shape[2]] },
      forward(x, _, { numbers }) {
        const { y, logDerivative } = forward(x, repeatPerImage(x, numbers));
        return logDerivative
          ? { y, logDet: sumPerImage(logDerivative), logDetMap: sum(logDerivative, [3]) }
          : { y, logDet: constant(0) };
      },
      inverse: (y, _, { numbers }) => inverse(y, repeatPerImage(y, numbers)),
    }),
    ...(scalar && { scalar }),
  });
}

/** A mask that configurations can choose. */
export interface MaskDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'mask';
  /** The fewest pixels of an image that it divides; default 1. */
  readonly leastPixels?: number;
  /** How many masks there are, which the couplings of a level take in turn; default 1. */
  readonly turns?: number;
  /** The mask with these options, number `turn` of those that couplings take in turn, from 0. */
  build(options: OptionValues<Schemas>, turn: number): MaskFor;
}

/** The model's properties that its conditioners depend on. */
interface NetworkSettings {
  /** The padding at the image's edge. */
  readonly boundary: ImageBoundary;
}

/** A conditioner that configurations can choose. */
export interface ConditionerDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'conditioner';
  /** The conditioner with these options. */
  build(options: OptionValues<Schemas>, settings: NetworkSettings): Conditioner | ConditionerFunction;
}

/** A transformer that configurations can choose. */
export interface TransformerDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'transformer';
  /** The transformer with these options. */
  build(options: OptionValues<Schemas>): Transformer | TransformerFor;
}

/** Defines a mask, as `define.mixing` does a mixing. */
export function defineMask<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<MaskDefinition<Schemas>>,
): MaskDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'mask' };
}

/** Defines a conditioner, as `define.mixing` does a mixing. */
export function defineConditioner<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<ConditionerDefinition<Schemas>>,
): ConditionerDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'conditioner' };
}

/** Defines a transformer, as `define.mixing` does a mixing. */
export function defineTransformer<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<TransformerDefinition<Schemas>>,
): TransformerDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'transformer' };
}

/**
 * The mask of Glow: keeps the first ⌊C/2⌋ channels and changes the others. Source: Dinh et al., Real NVP (2017).
 *
 * @throws with fewer than 2 channels
 */
export function channelHalves([, , channels]: ImageShape): Mask {
  if (channels < 2) {
    throw new UserError('invalid-argument', 'coupling: needs at least 2 channels');
  }
  return Array.from({ length: channels }, (_, channel) => (channel < Math.floor(channels / 2) ? 1 : 0));
}

/** The options of a checkerboard. */
export interface CheckerboardOptions {
  /** Which pixels stay: those with (row + column) mod 2 = keep; default 0. */
  readonly keep?: 0 | 1;
}

/**
 * Keeps the pixels with (row + column) mod 2 = keep and changes the others, all channels of them. Source: Dinh et al., Real
 * NVP (2017).
 *
 * @throws for an image of one pixel
 */
export function checkerboard({ keep = 0 }: CheckerboardOptions = {}): (shape: ImageShape) => Mask {
  return ([height, width]) => {
    if (height * width === 1) {
      throw new UserError('invalid-argument', 'coupling: a checkerboard needs at least 2 pixels');
    }
    return Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => ((row + column) % 2 === keep ? 1 : 0)),
    );
  };
}

/** The mask of channels as configurations choose it. */
export const channelsMask = defineMask({
  name: 'channels',
  summary: 'Keeps half of the channels.',
  build: () => channelHalves,
});

/** The mask of pixels as configurations choose it. */
export const checkerboardMask = defineMask({
  name: 'checkerboard',
  summary: 'Keeps every other pixel.',
  leastPixels: 2,
  turns: 2,
  build: (_, turn) => checkerboard({ keep: turn === 0 ? 0 : 1 }),
});
