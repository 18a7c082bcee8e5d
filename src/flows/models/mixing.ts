// The mixings of channels and pixels between couplings. All that the program knows of one is in its entry.

import { type ImageShape, showImageShape } from '../../core/numeric/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { butterfly } from '../layers/butterfly.ts';
import { circulant } from '../layers/circulant.ts';
import { conv1x1, conv1x1Plu, conv1x1Qr } from '../layers/conv1x1.ts';
import { convolutionExponential } from '../layers/convolutionExponential.ts';
import { emerging } from '../layers/emerging.ts';
import { fourCorners } from '../layers/fourCorners.ts';
import { maf } from '../layers/maf.ts';
import { periodic } from '../layers/periodic.ts';
import { reverse, shuffle } from '../layers/permutation.ts';
import { woodbury, woodburyMe } from '../layers/woodbury.ts';
import { type NamedPart, type Own, PartRegistry } from './partRegistry.ts';

/** The model options that a mixing may use. */
export interface MixingOptions {
  /** The side of its kernel, odd. */
  readonly kernelSize: number;
  /** The distance between the kernel's taps. */
  readonly dilation: number;
  /** Channels inside its masked networks, divided among the channels of the image. */
  readonly hiddenChannels?: number;
  /** A bound on the norm of the convolution in an exponential. */
  readonly normBound?: number;
  /** The rank over the channels of a map of low rank. */
  readonly channelRank?: number;
  /** The rank over pixels, rows and columns. */
  readonly spaceRank?: number;
  /** How many diagonal matrices there are, with a circulant one between two. */
  readonly diagonals?: number;
}

/** A mixing of channels, and pixels, between couplings. */
export interface MixingPart extends NamedPart {
  readonly options?: readonly (keyof MixingOptions)[];
  /** Where in its kernel, if it has one, the pixel itself is; default: at the centre. */
  readonly kernelOrigin?: 'centre' | 'corner';
  /**
   * Its layers for images of a shape, first to last, by the keys in their parameters' paths, which may be neither `actnorm`
   * nor `coupling`. Every call with the same arguments returns the same layers.
   */
  layers(shape: ImageShape, options: MixingOptions): Readonly<Record<string, Bijection>>;
}

/** The definition of one of the library's mixings. It is named after its last layer. */
interface MixingDefinition extends MixingPart {
  /** What menus call it, in at most 28 characters: `four corners`. */
  readonly text: string;
  readonly options: readonly (keyof MixingOptions)[];
  /** The name of its last layer's inverse in benchmarks of inverses. */
  readonly inverse: string;
}

/** The library's mixings by name. */
export const mixings = named({
  '1x1': {
    text: '1x1',
    options: [],
    inverse: 'product',
    layers: (shape) => ({ conv1x1: conv1x1(shape) }),
  },
  '1x1-plu': {
    text: '1x1, as P L U',
    options: [],
    inverse: 'product',
    layers: (shape) => ({ conv1x1: conv1x1Plu(shape) }),
  },
  '1x1-qr': {
    text: '1x1, as Q R',
    options: [],
    inverse: 'product',
    layers: (shape) => ({ conv1x1: conv1x1Qr(shape) }),
  },
  emerging: {
    text: 'emerging',
    options: ['kernelSize', 'dilation'],
    inverse: 'wavefront',
    layers: (shape, options) => ({ conv1x1: conv1x1(shape), emerging: emerging(shape, options) }),
  },
  periodic: {
    text: 'periodic',
    options: ['kernelSize'],
    inverse: 'frequencies',
    layers: (shape, options) => ({ periodic: periodic(shape, options) }),
  },
  maf: {
    text: 'masked autoregressive',
    options: ['hiddenChannels'],
    inverse: 'fixed-point',
    layers: (shape, options) => ({ conv1x1: conv1x1(shape), maf: maf(shape, options) }),
  },
  convexp: {
    text: 'exponentials of convolutions',
    options: ['kernelSize', 'normBound'],
    inverse: 'series',
    layers: (shape, options) => ({
      conv1x1: conv1x1(shape),
      convexp: convolutionExponential(shape, options),
    }),
  },
  finc: {
    text: 'four corners',
    options: ['kernelSize', 'dilation'],
    kernelOrigin: 'corner',
    inverse: 'wavefront',
    layers: (shape, options) => ({ conv1x1: conv1x1(shape), finc: fourCorners(shape, options) }),
  },
  woodbury: {
    text: 'Woodbury',
    options: ['channelRank', 'spaceRank'],
    inverse: 'low-rank',
    layers: (shape, options) => ({ woodbury: woodbury(shape, options) }),
  },
  'woodbury-me': {
    text: 'Woodbury, rows, columns',
    options: ['channelRank', 'spaceRank'],
    inverse: 'low-rank',
    layers: (shape, options) => ({ woodbury: woodburyMe(shape, options) }),
  },
  circulant: {
    text: 'circulant and diagonal',
    options: ['diagonals'],
    inverse: 'frequencies',
    layers: (shape, options) => ({ circulant: circulant(shape, options) }),
  },
  butterfly: {
    text: 'butterfly matrices',
    options: [],
    inverse: 'factors',
    layers: (shape) => ({ butterfly: butterfly(shape) }),
  },
  reverse: {
    text: 'reversed channels',
    options: [],
    inverse: 'order',
    layers: (shape) => ({ reverse: reverse(shape) }),
  },
  shuffle: {
    text: 'shuffled channels',
    options: [],
    inverse: 'order',
    layers: (shape) => ({ shuffle: shuffle(shape) }),
  },
});

/** Definitions unchanged, typed by their names. */
function named<Name extends string>(
  definitions: Readonly<Record<Name, MixingDefinition>>,
): Readonly<Record<Name, MixingDefinition>> {
  return definitions;
}

/** The name of a mixing. */
export type Mixing = keyof typeof mixings;

/** The names of all mixings, in the order in which they are listed. */
export const mixingNames = Object.keys(mixings) as Mixing[];

/** The name of a mixing: one of the library's, or a registered one. */
export type MixingName = Mixing | (string & Record<never, never>);

/** All mixings, with those that users register. */
export const mixingParts = new PartRegistry<MixingPart>(
  {
    what: 'mixing',
    key: 'model.mixing',
    register: 'registerMixing',
    builder: { name: 'layers', from: 'the shape and the options' },
  },
  mixings,
);

/**
 * Registers a mixing: from then on `mixing` of `Glow` and `model.mixing` of configurations may be its name, and runs and
 * exports with it can be read. If its module registers the name again, the later one counts.
 *
 * @throws UserError if the name is not made of letters, digits and single hyphens or is taken, or the definition is wrong
 * @example
 * ```ts
 * import { emerging, registerMixing, reverse } from 'emerging-flows/flows';
 *
 * registerMixing('reversed-emerging', {
 *   module: import.meta.url,
 *   layers: (shape) => ({ reverse: reverse(shape), emerging: emerging(shape) }),
 * });
 * ```
 */
export function registerMixing(name: string, mixing: Own<MixingPart>): void {
  mixingParts.register(name, mixing);
}

/**
 * The layers of a mixing for images of a shape.
 *
 * @throws UserError if there is no mixing of this name
 */
export function layersOfMixing(
  name: MixingName,
  shape: ImageShape,
  options: MixingOptions,
): Readonly<Record<string, Bijection>> {
  const layers = mixingParts.find(name).layers(shape, options);
  const problem = mixingParts.isOfLibrary(name) ? undefined : problemOfLayers(layers, shape);
  if (problem !== undefined) {
    throw new Error(`mixing '${name}': ${problem}`);
  }
  return layers;
}

/** What is wrong with the layers that a user's own mixing returns for images of a shape. */
function problemOfLayers(layers: unknown, shape: ImageShape): string | undefined {
  if (typeof layers !== 'object' || layers === null || Array.isArray(layers) || layers instanceof Promise) {
    return 'layers must return an object of bijections by their keys, at once';
  }
  const entries = Object.entries(layers as Record<string, Partial<Bijection>>);
  if (entries.length === 0) {
    return 'layers must return at least one bijection';
  }
  for (const [key, layer] of entries) {
    if (key === 'actnorm' || key === 'coupling') {
      return `the layer '${key}' needs another key: every flow step already uses this one`;
    }
    const missing = ['name', 'inputShape', 'outputShape', 'parameters', 'forward', 'inverse'].filter(
      (part) => (layer as Record<string, unknown> | undefined)?.[part] === undefined,
    );
    if (missing.length > 0) {
      return `the layer '${key}' is not a bijection: it has no ${missing.join(', no ')}`;
    }
  }
  const { outputShape } = entries.at(-1)![1] as Bijection;
  return String(outputShape) === String(shape)
    ? undefined
    : `its layers take images ${showImageShape(shape)} and return ${showImageShape(outputShape)}: the shapes must be equal`;
}
