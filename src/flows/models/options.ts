// The options of a model: the section `model` of a configuration, stored in runs and exports.
import type { ModelCondition } from './condition.ts';
import type { CouplingChoice } from './couplings.ts';
import type { DequantisationOptions } from './dequantisation.ts';
import type { ValueOptions } from './imageValues.ts';
import type { MixingName, MixingOptions } from './mixing.ts';
import type { PriorOptions } from './priors.ts';

/** The options of a model, by their names in the configuration. */
export interface ModelOptions
  extends ValueOptions,
    DequantisationOptions,
    MixingOptions,
    CouplingChoice,
    PriorOptions {
  /** The kind of flow: `glow`, which is the default, or a name that `registerFlow` was given. */
  readonly flow?: string;
  /** How many times the image is squeezed; height and width must be divisible by 2^levels. */
  readonly levels: number;
  /** Flow steps in each level. */
  readonly depth: number;
  /**
   * The number of couplings with checkerboard masks before the first squeeze, or a list with the number before each
   * level's squeeze; by default none.
   */
  readonly checkerboard?: number | readonly number[];
  /** Hidden channels of their networks; default 32. */
  readonly checkerboardWidth?: number;
  /** The mixing of channels, and pixels, between couplings. */
  readonly mixing: MixingName;
  /** The distribution of the latents of every prior: `gaussian`, which is the default, or another base distribution. */
  readonly prior?: string;
  /** Whether the priors' locations and scales are learned; 0 and 1 otherwise. */
  readonly learnedPrior: boolean;
  /**
   * The names of the classes that the density depends on, in the order of their numbers; by default it depends on none.
   * `true` stands for those of the images, until a run starts.
   */
  readonly classes?: readonly string[] | true;
  /**
   * The numbers and images beside each image that the density depends on; by default on none. Until a run starts, names
   * stand for some of those of the images, and `true` for all.
   */
  readonly condition?: ModelCondition;
}

/** The options of a model where nothing else is chosen; all others have no value then. */
export const modelDefaults = {
  levels: 3,
  depth: 8,
  width: 512,
  mixing: 'emerging',
  kernelSize: 3,
  dilation: 1,
  hiddenChannels: 96,
  coupling: 'affine',
  learnedPrior: true,
  bits: 8,
} as const satisfies ModelOptions;

type OptionalKey = {
  [Key in keyof ModelOptions]-?: object extends Pick<ModelOptions, Key> ? Key : never;
}[keyof ModelOptions];

/**
 * What leaving out any other option means. A file from before an option existed leaves it out, so these values must never
 * change, and the default of a new option must be what models without it do.
 */
export const optionalDefaults: Readonly<Record<Exclude<OptionalKey, keyof typeof modelDefaults>, unknown>> = {
  flow: 'glow',
  checkerboard: 0,
  checkerboardWidth: 32,
  conditioner: 'glow',
  boundary: 'zero',
  mask: 'channels',
  normBound: 1,
  channelRank: 16,
  spaceRank: 16,
  diagonals: 2,
  scaleFloor: 0,
  components: 4,
  prior: 'gaussian',
  degreesOfFreedom: 4,
  priorComponents: 3,
  blocks: 2,
  classes: null,
  condition: null,
  continuous: null,
  dequantisation: 'uniform',
  dequantisationSteps: 2,
  dequantisationWidth: 32,
};
