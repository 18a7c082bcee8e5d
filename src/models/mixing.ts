// The mixings of channels and pixels between couplings. All that the program knows of one is in its entry.
import type { Bijection } from '../flows/bijection.ts';
import { butterfly } from '../flows/butterfly.ts';
import { circulant } from '../flows/circulant.ts';
import { conv1x1, conv1x1Plu, conv1x1Qr } from '../flows/conv1x1.ts';
import { convolutionExponential } from '../flows/convolutionExponential.ts';
import { emerging } from '../flows/emerging.ts';
import { fourCorners } from '../flows/fourCorners.ts';
import { maf } from '../flows/maf.ts';
import { periodic } from '../flows/periodic.ts';
import { reverse, shuffle } from '../flows/permutation.ts';
import { woodbury, woodburyMe } from '../flows/woodbury.ts';
import type { ImageShape } from '../numeric/imageShape.ts';

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

/** A configuration key of a model that only some mixings use. */
type MixingOption = keyof MixingOptions;

/** Where in a kernel the pixel itself is: how far its outermost taps are from there depends on it. */
export type KernelOrigin = 'centre' | 'corner';

/** The definition of a mixing. */
export interface MixingDefinition {
  /** A description of its layers, in the plural: `emerging convolutions`. */
  readonly text: string;
  /** The options that it uses; it ignores all others. */
  readonly options: readonly MixingOption[];
  /** Where in its kernel, if it has one, the pixel itself is; default: at the centre. */
  readonly kernelOrigin?: KernelOrigin;
  /** The name of its last layer's inverse in benchmarks of inverses. */
  readonly inverse: string;
  /** Its layers, first to last, by the keys in their parameters' paths; named after the last one. */
  layers(shape: ImageShape, options: MixingOptions): Readonly<Record<string, Bijection>>;
}

/** The mixings by name. */
export const mixings = named({
  '1x1': {
    text: '1x1 convolutions',
    options: [],
    inverse: 'product',
    layers: (shape) => ({ conv1x1: conv1x1(shape) }),
  },
  '1x1-plu': {
    text: '1x1 convolutions as products P L U',
    options: [],
    inverse: 'product',
    layers: (shape) => ({ conv1x1: conv1x1Plu(shape) }),
  },
  '1x1-qr': {
    text: '1x1 convolutions as products Q R',
    options: [],
    inverse: 'product',
    layers: (shape) => ({ conv1x1: conv1x1Qr(shape) }),
  },
  emerging: {
    text: 'emerging convolutions',
    options: ['kernelSize', 'dilation'],
    inverse: 'wavefront',
    layers: (shape, options) => ({ conv1x1: conv1x1(shape), emerging: emerging(shape, options) }),
  },
  periodic: {
    text: 'periodic convolutions',
    options: ['kernelSize'],
    inverse: 'frequencies',
    layers: (shape, options) => ({ periodic: periodic(shape, options) }),
  },
  maf: {
    text: 'masked autoregressive layers',
    options: ['hiddenChannels'],
    inverse: 'fixed-point',
    layers: (shape, options) => ({ conv1x1: conv1x1(shape), maf: maf(shape, options) }),
  },
  convexp: {
    text: 'convolution exponentials',
    options: ['kernelSize', 'normBound'],
    inverse: 'series',
    layers: (shape, options) => ({
      conv1x1: conv1x1(shape),
      convexp: convolutionExponential(shape, options),
    }),
  },
  finc: {
    text: 'four-corner convolutions',
    options: ['kernelSize', 'dilation'],
    kernelOrigin: 'corner',
    inverse: 'wavefront',
    layers: (shape, options) => ({ conv1x1: conv1x1(shape), finc: fourCorners(shape, options) }),
  },
  woodbury: {
    text: 'Woodbury transformations',
    options: ['channelRank', 'spaceRank'],
    inverse: 'low-rank',
    layers: (shape, options) => ({ woodbury: woodbury(shape, options) }),
  },
  'woodbury-me': {
    text: 'memory-efficient Woodbury transformations',
    options: ['channelRank', 'spaceRank'],
    inverse: 'low-rank',
    layers: (shape, options) => ({ woodbury: woodburyMe(shape, options) }),
  },
  circulant: {
    text: 'products of circulant and diagonal matrices',
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

/** The names of the mixings that a key of the model's configuration is an option of; of most keys none. */
export function mixingsWith(key: string): Mixing[] {
  return mixingNames.filter((name) => mixings[name].options.some((option) => option === key));
}
