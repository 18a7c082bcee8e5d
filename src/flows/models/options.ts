// The options of a model: the section `model` of a configuration, stored in runs and exports.
import { nearestNames, UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import {
  changedPart,
  clip,
  type PartChoice,
  type PartDefinition,
  type PartRegistry,
} from '../../core/parts/index.ts';
import { type ConditionScale, conditionContext } from '../coupling/conditionContext.ts';
import type { ContextFor } from '../coupling/parts.ts';
import type { ValueOptions } from './imageValues.ts';
import {
  basePriors,
  type CouplingChoice,
  conditioners,
  type DequantisationOptions,
  dequantisers,
  masks,
  mixings,
  transformers,
} from './partRegistries.ts';

/**
 * The options of a model, by their names in the configuration. A part is chosen by its name, by its name with options, or by
 * its definition: `'emerging'`, `{ name: 'emerging', kernelSize: 5 }`. Options without a name apply to the default part.
 */
export interface ModelOptions extends ValueOptions, DequantisationOptions, CouplingChoice {
  /** The kind of flow: `glow`, which is the default, or a registered one. */
  readonly flow?: PartChoice;
  /**
   * How many times the image is squeezed; height and width must be divisible by 2^levels. With 0 there are only flow steps
   * and the top prior, as for points.
   */
  readonly levels: number;
  /** Flow steps in each level. */
  readonly depth: number;
  /**
   * The number of couplings with checkerboard masks before the first squeeze, or a list with the number before each
   * level's squeeze; by default none.
   */
  readonly checkerboard?: number | readonly number[];
  /** Hidden channels of their networks, in place of the conditioner's `width`; default 32. */
  readonly checkerboardWidth?: number;
  /** Whether the mixing precedes these couplings, too; default false. */
  readonly checkerboardMixing?: boolean;
  /** The mixing of channels, and pixels, between couplings. */
  readonly mixing: PartChoice;
  /** The distribution of the latents of every prior: `gaussian`, which is the default, or another base distribution. */
  readonly prior?: PartChoice;
  /** Whether the priors' locations and scales are learned; 0 and 1 otherwise. */
  readonly learnedPrior: boolean;
  /**
   * The names of the classes that the density depends on, in the order of their numbers; by default it depends on none.
   * `true` means the images' classes, until a run starts.
   */
  readonly classes?: readonly string[] | true;
  /**
   * The numbers and images that the density depends on; by default on none. Until a run starts, names
   * select from the images' conditions, and `true` selects all.
   */
  readonly condition?: ModelCondition;
}

/** The options of a model where nothing else is chosen; all others have no value then. */
export const modelDefaults = {
  levels: 3,
  depth: 8,
  mixing: 'emerging',
  coupling: 'affine',
  conditioner: 'glow',
  learnedPrior: true,
  bits: 8,
} as const satisfies ModelOptions;

/** The options that choose a part within a flow, and what they choose from. */
export const innerParts = {
  mixing: mixings,
  coupling: transformers,
  conditioner: conditioners,
  mask: masks,
  prior: basePriors,
  dequantisation: dequantisers,
} as const satisfies { readonly [Key in keyof ModelOptions]?: PartRegistry<PartDefinition> };

/** All options; a new one needs a line here. */
const optionNames: Readonly<Record<keyof ModelOptions, true>> = {
  flow: true,
  levels: true,
  depth: true,
  checkerboard: true,
  checkerboardWidth: true,
  checkerboardMixing: true,
  mixing: true,
  coupling: true,
  conditioner: true,
  mask: true,
  boundary: true,
  prior: true,
  learnedPrior: true,
  classes: true,
  condition: true,
  continuous: true,
  bits: true,
  dequantisation: true,
};

/**
 * The options of a model in the form stored in files: every default filled in, its parts' too.
 *
 * @throws UserError if an option is unknown, or a part is not registered or has other options
 */
export function completeOptions(options: Partial<ModelOptions>): ModelOptions {
  requireKnown(options);
  const defaults: Partial<ModelOptions> = modelDefaults;
  const parts = Object.entries(innerParts).flatMap(([name, registry]) => {
    const key = name as keyof typeof innerParts;
    const [lower, upper] = [defaults[key], options[key]];
    const choice = lower && upper ? changedPart(lower, upper) : (upper ?? lower);
    return choice === undefined ? [] : [[key, registry.complete(choice)]];
  });
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...modelDefaults, ...Object.fromEntries(set), ...Object.fromEntries(parts) };
}

/**
 * Complete options as weights record them: without the defaults of the library's parts, which never change. So a new option
 * changes no record and no fingerprint. All options of other parts are recorded, because their defaults may change.
 */
export function recordedOptions(options: ModelOptions): ModelOptions {
  const parts = Object.entries(innerParts).flatMap(([name, registry]) => {
    const key = name as keyof typeof innerParts;
    const choice = options[key];
    return choice === undefined ? [] : [[key, registry.brief(choice)]];
  });
  return { ...options, ...Object.fromEntries(parts) };
}

/** Rejects options that no model has, which programs without types would otherwise not notice. */
function requireKnown(options: object): void {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(optionNames, key));
  if (unknown !== undefined) {
    const owners = Object.entries(innerParts).flatMap(([key, { library }]) =>
      library.some((part) => Object.hasOwn(part.options, unknown)) ? [`${key}.${unknown}`] : [],
    );
    const near = owners.length > 0 ? owners : nearestNames(unknown, Object.keys(optionNames));
    const hint =
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : `known: ${Object.keys(optionNames).join(', ')}`;
    throw new UserError('invalid-argument', `a model has no option '${clip(unknown)}': ${hint}`);
  }
}

/** A component of a condition: numbers for each image, or an image, and their scale in the training images. */
export interface ConditionComponent extends ConditionScale {
  /** Its name in the data, in layers and for users. */
  readonly name: string;
  /** The shape of its values for each image: `[K]` numbers, or an image `[H, W, K]`; default `[1]`, a number. */
  readonly shape?: readonly number[];
}

/** The condition of a model in its options: components, or until a run starts names of some, or `true` for all. */
export type ModelCondition = readonly ConditionComponent[] | readonly string[] | true;

/** The components of a condition as options have it; none until a run has started. */
export function knownComponents(condition: ModelCondition | undefined): readonly ConditionComponent[] {
  return condition === undefined || !isKnownCondition(condition) ? [] : condition;
}

/** Whether a condition lists components rather than names of images that are still to be measured. */
export function isKnownCondition(condition: ModelCondition): condition is readonly ConditionComponent[] {
  return condition !== true && condition.every((component) => typeof component === 'object');
}

/** The network input made from a model's condition; undefined if it has none. */
export function contextOfCondition(
  condition: readonly ConditionComponent[],
  imageShape: ImageShape,
): ContextFor | undefined {
  return condition.length === 0
    ? undefined
    : conditionContext(
        condition.map((component) => ({ shape: [1], ...component })),
        imageShape,
      );
}
