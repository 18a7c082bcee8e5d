// The four-corner convolution: groups of channels, each with a corner convolution that looks another way.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  convolution,
  flip,
  multiply,
  type Offset,
  pad,
  reshape,
  solveCorner,
  split,
  subtract,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import type { CornerMap } from '../contract/elementaryMaps.ts';
import { defineMixing } from '../contract/mixing.ts';
import { filledParameter, type Parameters } from '../contract/parameters.ts';
import { conv1x1 } from './conv1x1.ts';
import { type Corner, corner, kernelMisfit, requireTaps } from './kernels.ts';
import { dilationOption, kernelSizeOption } from './sharedOptions.ts';

/** The options of a four-corner convolution. */
export interface FourCornersOptions {
  /** The side of the kernels; default 3. */
  readonly kernelSize?: number;
  /** The distance between neighbouring taps; default 1. */
  readonly dilation?: number;
}

/** A group of channels, with its kernel. */
interface Group extends Corner {
  /** The number of its first channel. */
  readonly first: number;
  readonly channels: number;
  /** The axes along which it is flipped so that its corner looks up and left. */
  readonly flipped: readonly number[];
}

/** The axes along which each group is flipped: they look right and down, left and down, right and up, left and up. */
const flips = [[1, 2], [1], [2], []] as const;

/**
 * A four-corner convolution: the channels in four groups in order, as equal as can be, group g convolved with kernel g,
 *
 *     y[h, w] = Σᵢⱼ x[h + a·i·dilation, w + b·j·dilation]·kernel[i, j],  (a, b) = (1, 1), (1, −1), (−1, 1), (−1, −1)
 *
 * zero outside the image, then a bias. At tap (0, 0) input ≤ output: each group is a triangular matrix, and ln|det| =
 * H·W·Σ ln|diagonals of the taps (0, 0)|. Flipped to look the same way, the groups are one corner convolution, with one
 * inverse for all. Source: Kallappa, Nagar and Varma, FInC Flow (2023).
 *
 * @throws if the side of the kernels or the dilation is not a whole number of 1 or more
 */
export function fourCorners(
  shape: ImageShape,
  { kernelSize = 3, dilation = 1 }: FourCornersOptions = {},
): Bijection {
  requireTaps('finc', { kernelSize, dilation, odd: false });
  const [height, width, channels] = shape;
  const groups = channelGroups(channels, kernelSize);
  const offsets: Offset[] = Array.from({ length: kernelSize ** 2 }, (_, tap) => [
    0 - Math.floor(tap / kernelSize) * dilation,
    0 - (tap % kernelSize) * dilation,
  ]);
  const cornerKernels = (p: Parameters): Tensor[] => groups.map((group) => group.kernel(p));
  const blockDiagonal = (kernels: readonly Tensor[]): Tensor =>
    concatenate(
      groups.map(({ first, channels: channelCount }, index) =>
        pad(kernels[index]!, 3, first, channels - first - channelCount),
      ),
      2,
    );
  return {
    name: 'finc',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      ...Object.fromEntries(groups.map(({ name, spec }) => [name, spec])),
      bias: filledParameter([channels], 0),
    },
    forward(x, p) {
      const kernels = cornerKernels(p);
      const taps = reshape(blockDiagonal(kernels), [kernelSize ** 2, channels, channels]);
      const y = flippedGroups(convolution(flippedGroups(x, groups), taps, { offsets }), groups);
      const logDets = groups.map((group, index) => group.logDetPerPixel(kernels[index]!));
      return { y: add(y, p.get('bias')), logDet: multiply(logDets.reduce(add), height * width) };
    },
    inverse(y, p) {
      const turned = flippedGroups(subtract(y, p.get('bias')), groups);
      const kernel = blockDiagonal(cornerKernels(p));
      return flippedGroups(solveCorner(turned, kernel, { dilation }), groups);
    },
    factors: (p) => Object.fromEntries(groups.map((group) => [group.name, group.centreTap(p)])),
    maps: (p) => [
      ...groups.map(
        (group): CornerMap => ({
          kind: 'corner',
          kernel: group.kernel(p),
          // Without a flip a group looks up and left.
          offsets: offsets.map(([row, column]) => [
            group.flipped.includes(1) ? 0 - row : row,
            group.flipped.includes(2) ? 0 - column : column,
          ]),
          upper: true,
          firstChannel: group.first,
        }),
      ),
      { kind: 'shift', bias: p.get('bias') },
    ],
  };
}

/** The groups that have channels. */
function channelGroups(channels: number, side: number): Group[] {
  const sizes = flips.map((_, index) => Math.floor(channels / 4) + (index < channels % 4 ? 1 : 0));
  return flips.flatMap((flipped, index) => {
    const channelCount = sizes[index]!;
    const first = sizes.slice(0, index).reduce((total, size) => total + size, 0);
    const kernel = corner(`kernel${index}`, { side, channels: channelCount, centre: 0, upper: true });
    return channelCount === 0 ? [] : [{ ...kernel, first, channels: channelCount, flipped }];
  });
}

/** Every group flipped along its axes. */
function flippedGroups(x: Tensor, groups: readonly Group[]): Tensor {
  const parts = split(
    x,
    3,
    groups.map(({ channels }) => channels),
  );
  return concatenate(
    parts.map((part, index) => groups[index]!.flipped.reduce(flip, part)),
    3,
  );
}

/** The mixing of a 1x1 convolution and corner convolutions. */
export const fincMixing = defineMixing({
  name: 'finc',
  text: 'four corners',
  summary: 'A 1x1 convolution, then corner convolutions of four groups of channels.',
  inverse: 'wavefront',
  options: { kernelSize: kernelSizeOption, dilation: dilationOption },
  build: (shape, options) => ({ conv1x1: conv1x1(shape), finc: fourCorners(shape, options) }),
  misfit: (images, options) => kernelMisfit(images, { ...options, origin: 'corner' }),
});
