// The four-corner convolution: groups of channels, each with a corner convolution that looks another way.
import type { ImageShape } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import { once } from '../numeric/once.ts';
import {
  add,
  concatenate,
  convolution,
  flip,
  identity,
  logAbs,
  multiply,
  type Offset,
  pad,
  reshape,
  slice,
  solveCorner,
  split,
  subtract,
  sum,
} from '../tensor/operations/index.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import type { Bijection } from './bijection.ts';
import { filledParameter, type ParameterSpec, type Parameters } from './parameters.ts';

/** The options of a four-corner convolution. */
export interface FourCornersOptions {
  /** The side of the kernels; default 3. */
  readonly kernelSize?: number;
  /** The distance between neighbouring taps; default 1. */
  readonly dilation?: number;
}

/** A group of channels. */
interface Group {
  readonly name: string;
  readonly first: number;
  readonly channels: number;
  /** The axes along which it is flipped so that its corner looks up and left. */
  readonly flipped: readonly number[];
  readonly spec: ParameterSpec;
  /** Its kernel without what is masked out. */
  kernel(p: Parameters): Tensor;
}

/** The axes of rows and columns along which each group is flipped: they look right and down, left and down, right and up, left and up. */
const flips = [[1, 2], [1], [2], []] as const;

/**
 * A four-corner convolution: the channels in four groups in order, as equal as can be, group g convolved with kernel g,
 *
 *     y[h, w] = Σᵢⱼ x[h + a·i·dilation, w + b·j·dilation]·kernel[i, j],  (a, b) = (1, 1), (1, −1), (−1, 1), (−1, −1)
 *
 * zero outside the image, then a bias. At tap (0, 0) input ≤ output: each group is a triangular matrix, and ln|det| =
 * H·W·Σ ln|diagonals of the taps (0, 0)|. Flipped to look the same way, the groups are one corner convolution, with one
 * inverse for all. Source: Kallappa, Nagar and Varma, FInC Flow (2023).
 */
export function fourCorners(
  shape: ImageShape,
  { kernelSize = 3, dilation = 1 }: FourCornersOptions = {},
): Bijection {
  if (!Number.isInteger(kernelSize) || kernelSize < 1) {
    throw new Error(`finc: the kernel size must be 1 or more, not ${kernelSize}`);
  }
  if (!Number.isInteger(dilation) || dilation < 1) {
    throw new Error(`finc: the dilation must be 1 or more, not ${dilation}`);
  }
  const [height, width, channels] = shape;
  const groups = groupsOf(channels, kernelSize);
  const offsets: Offset[] = Array.from({ length: kernelSize ** 2 }, (_, tap) => [
    0 - Math.floor(tap / kernelSize) * dilation,
    0 - (tap % kernelSize) * dilation,
  ]);
  // Of all groups: their kernels along the diagonal.
  const kernelOf = (p: Parameters): Tensor =>
    concatenate(
      groups.map((group) => pad(group.kernel(p), 3, group.first, channels - group.first - group.channels)),
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
      const taps = reshape(kernelOf(p), [kernelSize ** 2, channels, channels]);
      const y = flippedGroups(convolution(flippedGroups(x, groups), taps, { offsets }), groups);
      const logDets = groups.map((group) =>
        sum(logAbs(sum(multiply(centreTap(group, p), identity(group.channels)), [0]))),
      );
      return { y: add(y, p.get('bias')), logDet: multiply(logDets.reduce(add), height * width) };
    },
    inverse(y, p) {
      const turned = flippedGroups(subtract(y, p.get('bias')), groups);
      return flippedGroups(solveCorner(turned, kernelOf(p), dilation), groups);
    },
    factors: (p) => Object.fromEntries(groups.map((group) => [group.name, centreTap(group, p)])),
  };
}

/** The groups that have channels. */
function groupsOf(channels: number, side: number): Group[] {
  const sizes = flips.map((_, index) => Math.floor(channels / 4) + (index < channels % 4 ? 1 : 0));
  return flips.flatMap((flipped, index) => {
    const own = sizes[index]!;
    const first = sizes.slice(0, index).reduce((all, size) => all + size, 0);
    return own === 0 ? [] : [groupOf(`kernel${index}`, { first, channels: own, flipped, side })];
  });
}

function groupOf(
  name: string,
  { side, ...place }: Pick<Group, 'first' | 'channels' | 'flipped'> & { side: number },
): Group {
  const { channels } = place;
  const shape = [side, side, channels, channels];
  const mask = once(() => {
    const values = new Float64Array(sizeOf(shape)).fill(1);
    for (let i = 0; i < channels; i++) {
      for (let o = 0; o < i; o++) {
        values[i * channels + o] = 0;
      }
    }
    return values;
  });
  return {
    name,
    ...place,
    spec: {
      shape,
      trained: true,
      mask,
      initial(random) {
        const values = random.normals(sizeOf(shape)).map((value) => value * 0.02);
        for (let channel = 0; channel < channels; channel++) {
          values[channel * channels + channel]! += 1;
        }
        const contributes = mask();
        return values.map((value, index) => value * contributes[index]!);
      },
    },
    kernel: (p) => multiply(p.get(name), constant({ shape, data: mask() })),
  };
}

/** The tap (0, 0) of a group, a triangular matrix. */
function centreTap(group: Group, p: Parameters): Tensor {
  const kernel = group.kernel(p);
  const [side] = kernel.shape as [number];
  const matrices = reshape(kernel, [side * side, group.channels, group.channels]);
  return reshape(slice(matrices, 0, 0, 1), [group.channels, group.channels]);
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
