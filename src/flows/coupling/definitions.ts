// Definitions of the parts of couplings: masks, conditioners and transformers.
import type {
  OptionSchemas,
  OptionValues,
  PartDefinition,
  PartialDefinition,
} from '../../core/parts/index.ts';
import type { ImageBoundary } from '../layers/scaledConvolution.ts';
import type { Conditioner, ConditionerFunction } from './conditioner.ts';
import type { MaskFor } from './mask.ts';
import type { Transformer, TransformerFor } from './transformer.ts';

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
