// The definition of a mixing: the layers between the activation normalisation and the coupling of a flow step.
import type { ImageShape } from '../../core/numeric/index.ts';
import type {
  OptionSchemas,
  OptionValues,
  PartDefinition,
  PartialDefinition,
} from '../../core/parts/index.ts';
import type { Bijection } from './bijection.ts';

/** The images that a mixing must fit: those between the couplings of a model. */
export interface MixedImages {
  /** Their shape in each level. */
  readonly shapes: readonly ImageShape[];
  /** Whether the model is new. One that is trained may have weights that are never used, which harm nothing. */
  readonly isNew: boolean;
}

/** A mixing of channels, and pixels, between couplings. */
export interface MixingDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'mixing';
  /** Its label in menus, at most 28 characters; default: its name. */
  readonly text?: string;
  /** The name of its last layer's inverse in benchmarks of inverses. */
  readonly inverse?: string;
  /**
   * Its layers for images of a shape, first to last, by the keys in their parameters' paths, which may be neither `actnorm`
   * nor `coupling`. Every call with the same arguments returns the same layers.
   */
  build(shape: ImageShape, options: OptionValues<Schemas>): Readonly<Record<string, Bijection>>;
  /** Why images do not fit, and which options would, to follow 'model.mixing: '; undefined if they do. By default they do. */
  misfit?(images: MixedImages, options: OptionValues<Schemas>): string | undefined;
}

/**
 * Defines a mixing. `registerPart` makes it known by its name.
 *
 * @example
 * ```ts
 * import { define, layers, limits, option, registerPart } from 'emerging-flows/flows';
 *
 * export const reversedEmerging = define.mixing({
 *   name: 'reversed-emerging',
 *   summary: 'Reversed channels, then an emerging convolution.',
 *   options: { kernelSize: option('The side length of the kernel; odd.', limits.oddNumber(3, 9), 3) },
 *   build: (shape, options) => ({ reverse: layers.reverse(shape), emerging: layers.emerging(shape, options) }),
 * });
 * registerPart(reversedEmerging);
 * ```
 */
export function defineMixing<const Name extends string, Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<MixingDefinition<Schemas>> & {
    /** The name that configurations choose it by: letters, digits and single hyphens. */
    readonly name: Name;
  },
): MixingDefinition<Schemas> & {
  /** Its name. */
  readonly name: Name;
} {
  return { options: {} as Schemas, ...definition, kind: 'mixing' };
}
