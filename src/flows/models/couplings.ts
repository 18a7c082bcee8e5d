// The couplings of a model: their masks, conditioners and transformers, by name.

import type { ImageShape } from '../../core/numeric/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { additive } from '../coupling/additive.ts';
import { type AffineOptions, affine } from '../coupling/affine.ts';
import type { Conditioner, ConditionerFunction } from '../coupling/conditioner.ts';
import type { ContextFor } from '../coupling/context.ts';
import { coupling } from '../coupling/coupling.ts';
import { type GatedConditionerOptions, gatedConditioner } from '../coupling/gatedConditioner.ts';
import { type GlowConditionerOptions, glowConditioner } from '../coupling/glowConditioner.ts';
import { channelHalves, checkerboard, type MaskFor } from '../coupling/mask.ts';
import { type MixtureOptions, mixture } from '../coupling/mixture.ts';
import { spline } from '../coupling/spline.ts';
import type { Transformer, TransformerFor } from '../coupling/transformer.ts';
import { type NamedPart, type Own, PartRegistry } from './partRegistry.ts';

/** The model options that the parts of a coupling may use. */
export interface CouplingOptions
  extends AffineOptions,
    MixtureOptions,
    GlowConditionerOptions,
    GatedConditionerOptions {
  readonly width: number;
}

/** A mask that configurations can choose. */
export interface MaskPart extends NamedPart {
  readonly options?: readonly (keyof CouplingOptions)[];
  /** The fewest pixels of an image that it divides; default 1. */
  readonly leastPixels?: number;
  /** How many masks there are, which the couplings of a level take in turn; default 1. */
  readonly turns?: number;
  /** The mask with these options, number `turn` of those that couplings take in turn, from 0. */
  mask(options: CouplingOptions, turn: number): MaskFor;
}

/** A conditioner that configurations can choose. */
export interface ConditionerPart extends NamedPart {
  readonly options?: readonly (keyof CouplingOptions)[];
  /** The conditioner with these options. */
  conditioner(options: CouplingOptions): Conditioner | ConditionerFunction;
}

/** A transformer that configurations can choose. */
export interface TransformerPart extends NamedPart {
  readonly options?: readonly (keyof CouplingOptions)[];
  /** The transformer with these options. */
  transformer(options: CouplingOptions): TransformerFor | Transformer;
}

/** All masks by name; the default first. */
export const masks = new PartRegistry<MaskPart>(
  {
    what: 'mask',
    key: 'model.mask',
    register: 'registerMask',
    builder: { name: 'mask', from: 'the options' },
  },
  {
    channels: { mask: () => channelHalves },
    checkerboard: { leastPixels: 2, turns: 2, mask: (_, turn) => checkerboard({ keep: turn === 0 ? 0 : 1 }) },
  },
);

/** All conditioners by name; the default first. */
export const conditioners = new PartRegistry<ConditionerPart>(
  {
    what: 'conditioner',
    key: 'model.conditioner',
    register: 'registerConditioner',
    builder: { name: 'conditioner', from: 'the options' },
  },
  {
    glow: { options: ['width'], conditioner: glowConditioner },
    gated: { options: ['width', 'blocks'], conditioner: gatedConditioner },
  },
);

/** All transformers by name; the default first. */
export const transformers = new PartRegistry<TransformerPart>(
  {
    what: 'transformer',
    key: 'model.coupling',
    register: 'registerTransformer',
    builder: { name: 'transformer', from: 'the options' },
  },
  {
    affine: { options: ['scaleFloor'], transformer: affine },
    additive: { transformer: additive },
    spline: { transformer: () => spline() },
    mixture: { options: ['components'], transformer: mixture },
  },
);

/** Registers a mask, as `registerMixing` does a mixing: `model.mask` may then be its name. */
export function registerMask(name: string, mask: Own<MaskPart>): void {
  masks.register(name, mask);
}

/** Registers a conditioner, as `registerMixing` does a mixing: `model.conditioner` may then be its name. */
export function registerConditioner(name: string, conditioner: Own<ConditionerPart>): void {
  conditioners.register(name, conditioner);
}

/** Registers a transformer, as `registerMixing` does a mixing: `model.coupling` may then be its name. */
export function registerTransformer(name: string, transformer: Own<TransformerPart>): void {
  transformers.register(name, transformer);
}

/** The names of the parts of a coupling, with what they use. */
export interface CouplingChoice extends CouplingOptions {
  /** How couplings change values; default `affine`. */
  readonly coupling?: string;
  /** The network inside couplings; default `glow`. */
  readonly conditioner?: string;
  /** Which values couplings keep; default `channels`. */
  readonly mask?: string;
}

/**
 * The coupling of a model for images of a shape.
 *
 * @param mask which values it keeps; default: the first of `masksOf(options)`
 * @param context what its network sees beside these; by default nothing
 * @throws UserError if a part is not registered
 */
export function couplingOf(
  shape: ImageShape,
  options: CouplingChoice,
  mask: MaskFor = masksOf(options)[0]!,
  context?: ContextFor,
): Bijection {
  return coupling(shape, {
    mask,
    context,
    conditioner: conditioners.find(options.conditioner ?? conditioners.names[0]!).conditioner(options),
    transformer: transformers.find(options.coupling ?? transformers.names[0]!).transformer(options),
  });
}

/**
 * The masks that the couplings of a level take in turn.
 *
 * @throws UserError if the mask is not registered
 */
export function masksOf(options: CouplingChoice): MaskFor[] {
  const { mask: name = masks.names[0]! } = options;
  const part = masks.find(name);
  const { turns = 1 } = part;
  if (!Number.isInteger(turns) || turns < 1) {
    throw new Error(`mask '${name}': turns must be a whole number of 1 or more, not ${turns}`);
  }
  return Array.from({ length: turns }, (_, turn) => part.mask(options, turn));
}
