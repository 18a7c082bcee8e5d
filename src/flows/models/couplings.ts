// The couplings of a model: their masks, conditioners and transformers, by name.

import type { ImageShape } from '../../core/numeric/index.ts';
import { changedPart, type PartChoice, PartRegistry } from '../../core/parts/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { additiveTransformer } from '../coupling/additive.ts';
import { affineTransformer } from '../coupling/affine.ts';
import type { ContextFor } from '../coupling/context.ts';
import { coupling } from '../coupling/coupling.ts';
import type {
  ConditionerDefinition,
  MaskDefinition,
  TransformerDefinition,
} from '../coupling/definitions.ts';
import { denseNetwork } from '../coupling/denseConditioner.ts';
import { gatedNetwork } from '../coupling/gatedConditioner.ts';
import { glowNetwork } from '../coupling/glowConditioner.ts';
import type { MaskFor } from '../coupling/mask.ts';
import { channelsMask, checkerboardMask } from '../coupling/masks.ts';
import { mixtureTransformer } from '../coupling/mixture.ts';
import { splineTransformer } from '../coupling/spline.ts';
import type { ImageBoundary } from '../layers/scaledConvolution.ts';

/** All masks by name; the default first. */
export const masks = new PartRegistry<MaskDefinition>({ kind: 'mask', what: 'mask', key: 'model.mask' }, [
  channelsMask,
  checkerboardMask,
]);

/** All conditioners by name; the default first. */
export const conditioners = new PartRegistry<ConditionerDefinition>(
  { kind: 'conditioner', what: 'conditioner', key: 'model.conditioner' },
  [glowNetwork, gatedNetwork, denseNetwork],
);

/** All transformers by name; the default first. */
export const transformers = new PartRegistry<TransformerDefinition>(
  { kind: 'transformer', what: 'transformer', key: 'model.coupling' },
  [affineTransformer, additiveTransformer, splineTransformer, mixtureTransformer],
);

/** The parts of a coupling. */
export interface CouplingChoice {
  /** How couplings change values; default `affine`. */
  readonly coupling?: PartChoice;
  /** The network inside couplings; default `glow`. */
  readonly conditioner?: PartChoice;
  /** Which values couplings keep; default `channels`. */
  readonly mask?: PartChoice;
  /** The padding of networks at the image's edge: zeros, which is the default, or on a torus the image itself. */
  readonly boundary?: ImageBoundary;
}

/**
 * The coupling of a model for images of a shape.
 *
 * @param mask which values it keeps; default: the first of `couplingMasks(options)`
 * @param context additional network input; by default nothing
 * @throws UserError if a part is not registered, or has other options
 */
export function buildCoupling(
  shape: ImageShape,
  options: CouplingChoice,
  mask: MaskFor = couplingMasks(options)[0]!,
  context?: ContextFor,
): Bijection {
  const { boundary = 'zero' } = options;
  const conditioner = conditioners.resolve(options.conditioner);
  const transformer = transformers.resolve(options.coupling);
  return coupling(shape, {
    mask,
    context,
    conditioner: conditioner.definition.build(conditioner.options, { boundary }),
    transformer: transformer.definition.build(transformer.options),
  });
}

/** A conditioner with other hidden channels, if `width` is an option of it. */
export function withWidth(conditioner: PartChoice = {}, width: number): PartChoice {
  const { definition } = conditioners.resolve(conditioner);
  return Object.hasOwn(definition.options, 'width') ? changedPart(conditioner, { width }) : conditioner;
}

/** The hidden channels of a model's conditioner; undefined if `width` is not an option of it. */
export function networkWidth({ conditioner }: CouplingChoice): number | undefined {
  const { width } = conditioners.resolve(conditioner).options;
  return typeof width === 'number' ? width : undefined;
}

/**
 * The masks that the couplings of a level take in turn.
 *
 * @throws UserError if the mask is not registered, or has other options
 */
export function couplingMasks({ mask }: CouplingChoice): MaskFor[] {
  const { definition, options } = masks.resolve(mask);
  const { turns = 1, name } = definition;
  if (!Number.isInteger(turns) || turns < 1) {
    throw new Error(`mask '${name}': turns must be a whole number of 1 or more, not ${turns}`);
  }
  return Array.from({ length: turns }, (_, turn) => definition.build(options, turn));
}
