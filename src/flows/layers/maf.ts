// Autoregressive mixing: networks with triangular masks scale and shift every value.

import { UserError } from '../../core/errors.ts';
import { countElements, type ImageShape, once } from '../../core/numeric/index.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  clip,
  convolution,
  divide,
  exp,
  fixedPoint,
  flip,
  logSigmoid,
  multiply,
  type Offset,
  relu,
  reorder,
  reshape,
  slice,
  split,
  subtract,
  sum,
  sumPerImage,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing, type MixedImages } from '../contract/mixing.ts';
import {
  filledParameter,
  normalParameter,
  type ParameterSpecs,
  type Parameters,
  prefixed,
} from '../contract/parameters.ts';
import { conv1x1 } from './conv1x1.ts';
import { MOST_CHANNELS } from './sharedOptions.ts';

/** Far beyond any value in a flow, and far from overflow in float32. */
const LARGEST = 1e15;

/** The options of a masked autoregressive layer. */
export interface MafOptions {
  /** Channels inside the networks, at least as many as the image has; default 96. */
  readonly hiddenChannels?: number;
}

/**
 * Masked autoregressive mixing, y = x·scale + shift twice: the network `first`, then `second` on the image
 * flipped along rows, columns and channels. A value's scale and shift depend on the rows below it, on the
 * pixels to its right, and on the channels before it in its own pixel; ln|det| = Σ ln scale.
 *
 * The inverse iterates x = (y − shift(x))/scale(x) until nothing changes. Each iteration settles at least the
 * values that depend only on settled ones, so it ends, exactly, after at most as many iterations as there
 * are links in the longest chain of dependent values; in practice far fewer.
 * Source: Papamakarios et al., Masked Autoregressive Flow (2017), as Hoogeboom et al. (2019) compare with it.
 */
export function maf(shape: ImageShape, { hiddenChannels = 96 }: MafOptions = {}): Bijection {
  const [height, width, channels] = shape;
  for (const [smaller, larger] of [
    [channels, hiddenChannels],
    [Math.min(hiddenChannels, 2 * channels), Math.max(hiddenChannels, 2 * channels)],
  ] as const) {
    if (!Number.isInteger(larger / smaller)) {
      throw new UserError(
        'invalid-argument',
        `maf: ${hiddenChannels} hidden channels do not divide evenly among ${channels} channels`,
      );
    }
  }
  // A pixel waits for the one to its right, and for as many columns to its left as there are rows below: at
  // two steps per row and one per column, none is too early.
  const longestChain = (2 * (height - 1) + width) * channels;
  const network = maskedNetwork(channels, hiddenChannels);
  const forwardOnce = (x: Tensor, p: Parameters) => {
    const { shift, t } = network.shiftAndScale(x, p);
    const logScale = logSigmoid(t);
    return {
      // Not by a sigmoid: see the affine transformer.
      y: add(multiply(x, exp(logScale)), shift),
      logDet: sumPerImage(logScale),
      logDetMap: sum(logScale, [3]),
    };
  };
  const inverseOnce = (y: Tensor, p: Parameters) =>
    fixedPoint(y, longestChain + 1, (x) => {
      const { shift, t } = network.shiftAndScale(x, p);
      // Unsettled values can grow without bound, and 0·∞ behind a mask would corrupt settled ones.
      return clip(divide(subtract(y, shift), exp(logSigmoid(t))), LARGEST);
    });
  return {
    name: 'maf',
    inputShape: shape,
    outputShape: shape,
    parameters: { ...prefixed('first', network.parameters), ...prefixed('second', network.parameters) },
    forward(x, p) {
      const first = forwardOnce(x, p.at('first'));
      const second = forwardOnce(flipAll(first.y), p.at('second'));
      return {
        y: flipAll(second.y),
        logDet: add(first.logDet, second.logDet),
        logDetMap: add(first.logDetMap, flip(flip(second.logDetMap, 1), 2)),
      };
    },
    inverse(y, p) {
      const middle = flipAll(inverseOnce(flipAll(y), p.at('second')));
      return inverseOnce(middle, p.at('first'));
    },
  };
}

/** Reverses rows, columns and channels. */
function flipAll(x: Tensor): Tensor {
  return flip(flip(flip(x, 1), 2), 3);
}

/**
 * The taps of a 3x3 kernel that a mask keeps: the centre, the one to its right, and the row below; 4 to 8.
 */
const taps: readonly Offset[] = [
  [0, 0],
  [0, 1],
  [1, -1],
  [1, 0],
  [1, 1],
];
const FIRST_TAP = 4;

/** Masked 3x3 convolution, ReLU, masked 1x1, ReLU, masked 3x3 to two channels per image channel. */
function maskedNetwork(channels: number, hidden: number) {
  const sizes = [
    { name: 'conv1', side: 3, inputs: channels, outputs: hidden },
    { name: 'conv2', side: 1, inputs: hidden, outputs: hidden },
    { name: 'conv3', side: 3, inputs: hidden, outputs: 2 * channels },
  ] as const;
  const masks = sizes.map(({ side, inputs, outputs }, index) =>
    once(() => kernelMask(side, inputs, outputs, index === 0)),
  );
  const parameters: ParameterSpecs = Object.fromEntries(
    sizes.flatMap(({ name, side, inputs, outputs }, index) => {
      const mask = masks[index]!;
      const normal = normalParameter([side, side, inputs, outputs], name === 'conv3' ? 0 : 0.05);
      const kernel = { ...normal, mask, unmasked: countKept(side, inputs, outputs, index === 0) };
      return [
        [`${name}/kernel`, kernel],
        [`${name}/bias`, filledParameter([outputs], 0)],
      ];
    }),
  );
  /** The unmasked taps of a kernel, with masked weights, `[taps, in, out]`. */
  const maskedKernel = (p: Parameters, index: number): Tensor => {
    const { name, side, inputs, outputs } = sizes[index]!;
    const shape = [side, side, inputs, outputs];
    const masked = multiply(p.get(`${name}/kernel`), constant({ shape, data: masks[index]!() }));
    const flat = reshape(masked, [side * side, inputs, outputs]);
    return side === 1 ? flat : slice(flat, 0, FIRST_TAP, 9);
  };
  const shiftAndScale = (x: Tensor, p: Parameters): { shift: Tensor; t: Tensor } => {
    const h1 = relu(add(convolution(x, maskedKernel(p, 0), { offsets: taps }), p.get('conv1/bias')));
    const h2 = relu(add(convolution(h1, maskedKernel(p, 1), { offsets: [[0, 0]] }), p.get('conv2/bias')));
    // All shifts, then all scales, instead of interleaved: reordered in the weights, which are small.
    const outputs = 2 * channels;
    const order = Array.from({ length: outputs }, (_, i) => (i < channels ? 2 * i : 2 * (i - channels) + 1));
    const kernel3 = reorder(maskedKernel(p, 2), 2, order);
    const r = add(convolution(h2, kernel3, { offsets: taps }), reorder(p.get('conv3/bias'), 0, order));
    const [shift, t] = split(r, 3, [channels, channels]);
    return { shift, t: add(t, 2) };
  };
  return { parameters, shiftAndScale };
}

/**
 * 1 where a tap of a masked kernel contributes: all channels below the centre and right of it; at the centre
 * those that respect the order of the channels. With g the smaller number of channels, channel i of n is in
 * group ⌊i·g/n⌋, and an input reaches an output if its group is smaller (`strict`) or not greater.
 */
function kernelMask(side: 1 | 3, inputs: number, outputs: number, strict: boolean): Float64Array {
  const groups = Math.min(inputs, outputs);
  const channelGroup = (channel: number, channels: number) => Math.floor((channel * groups) / channels);
  const centre = side === 1 ? 0 : FIRST_TAP;
  const mask = new Float64Array(countElements([side, side, inputs, outputs]));
  for (let tap = centre; tap < side * side; tap++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        const [from, to] = [channelGroup(i, inputs), channelGroup(o, outputs)];
        const inOrder = strict ? from < to : from <= to;
        mask[(tap * inputs + i) * outputs + o] = tap > centre || inOrder ? 1 : 0;
      }
    }
  }
  return mask;
}

/** The number of ones in a kernel's mask, whose larger number of channels is a multiple of the smaller. */
function countKept(side: 1 | 3, inputs: number, outputs: number, strict: boolean): number {
  const groups = Math.min(inputs, outputs);
  const pairs = (groups * (strict ? groups - 1 : groups + 1)) / 2;
  const pairCount = inputs * outputs;
  return pairs * (pairCount / groups ** 2) + (side === 1 ? 0 : side * side - 1 - FIRST_TAP) * pairCount;
}

/** The mixing of a 1x1 convolution and a masked autoregressive layer. */
export const mafMixing = defineMixing({
  name: 'maf',
  text: 'masked autoregressive',
  summary: 'A 1x1 convolution, then a masked autoregressive layer.',
  inverse: 'fixed-point',
  options: {
    hiddenChannels: option('Hidden channels of the masked networks.', wholeNumber(1, MOST_CHANNELS), 96),
  },
  build: (shape, options) => ({ conv1x1: conv1x1(shape), maf: maf(shape, options) }),
  misfit: hiddenMisfit,
});

/** Rejects hidden channels that cannot be divided among the channels of every level. */
function hiddenMisfit(
  { shapes }: MixedImages,
  { hiddenChannels }: { readonly hiddenChannels: number },
): string | undefined {
  // Every level has twice the channels of the previous one, so a number that fits the last fits all.
  const [, , last] = shapes.at(-1)!;
  return hiddenChannels === last || hiddenChannels % (2 * last) === 0
    ? undefined
    : `hiddenChannels is ${hiddenChannels}, but maf divides them among the channels, and the last level has ${last}: ` +
        `use ${last} or a multiple of ${2 * last}`;
}
