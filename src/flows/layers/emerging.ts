// The emerging convolution: two corner convolutions that together cover the receptive field of a full d x d
// one.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  convolution,
  flip,
  multiply,
  type Offset,
  reshape,
  solveCorner,
  subtract,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import type { CornerMap } from '../contract/elementaryMaps.ts';
import { defineMixing } from '../contract/mixing.ts';
import { filledParameter, type Parameters } from '../contract/parameters.ts';
import { conv1x1 } from './conv1x1.ts';
import { type Corner, corner, kernelMisfit, requireTaps } from './kernels.ts';
import { dilationOption, kernelSizeOption } from './sharedOptions.ts';

/** The options of an emerging convolution. */
export interface EmergingOptions {
  /** The side of the kernel, odd; default 3. */
  kernelSize?: number;
  /** The distance between neighbouring taps; default 1. */
  dilation?: number;
}

/**
 * An emerging convolution: a corner convolution that looks right and down, then one that looks left and up,
 * then a bias. Each is a triangular matrix, so ln|det| = H·W·Σ ln|diagonals of both centre taps|, and their
 * composition has the receptive field of a full k x k convolution.
 *
 * Only the corners are stored, `[(k+1)/2, (k+1)/2, C, C]`, cut from the k x k kernel: rows and columns from
 * the centre on for `kernel1`, up to the centre for `kernel2`. At the centre tap input ≤ output in the first,
 * ≥ in the second.
 * Source: Hoogeboom, van den Berg and Welling, Emerging Convolutions (2019).
 */
export function emerging(
  shape: ImageShape,
  { kernelSize = 3, dilation = 1 }: EmergingOptions = {},
): Bijection {
  requireTaps('emerging', { kernelSize, dilation, odd: true });
  const [height, width, channels] = shape;
  const factors = [cornerFactor('kernel1', 1), cornerFactor('kernel2', -1)].map((make) =>
    make(kernelSize, dilation, channels),
  );
  return {
    name: 'emerging',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      ...Object.fromEntries(factors.map(({ name, spec }) => [name, spec])),
      bias: filledParameter([channels], 0),
    },
    forward(x, p) {
      const kernels = factors.map((factor) => factor.kernel(p));
      const logDets = factors.map((factor, index) => factor.logDetPerPixel(kernels[index]!));
      const y = factors.reduce((image, factor, index) => factor.apply(image, kernels[index]!), x);
      return {
        y: add(y, p.get('bias')),
        logDet: multiply(logDets.reduce(add), height * width),
      };
    },
    inverse: (y, p) =>
      factors.reduceRight(
        (image, factor) => factor.solve(image, factor.kernel(p)),
        subtract(y, p.get('bias')),
      ),
    factors: (p) => Object.fromEntries(factors.map((factor) => [factor.name, factor.centreTap(p)])),
    maps: (p) => [...factors.map((factor) => factor.map(p)), { kind: 'shift', bias: p.get('bias') }],
  };
}

/** One of the two corner convolutions. */
interface CornerFactor extends Corner {
  apply(x: Tensor, kernel: Tensor): Tensor;
  solve(y: Tensor, kernel: Tensor): Tensor;
  map(p: Parameters): CornerMap;
}

/**
 * `direction` 1 looks right and down with input ≤ output at the centre, -1 left and up with input ≥ output.
 */
function cornerFactor(
  name: string,
  direction: 1 | -1,
): (kernelSize: number, dilation: number, channels: number) => CornerFactor {
  return (kernelSize, dilation, channels) => {
    const side = (kernelSize + 1) / 2;
    const last = side - 1;
    const centre = direction === 1 ? 0 : last * side + last;
    const factor = corner(name, { side, channels, centre, upper: direction === 1 });
    const offsets: Offset[] = [];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const distance = (index: number) => (direction === 1 ? index : index - last) * dilation;
        offsets.push([distance(row), distance(column)]);
      }
    }
    return {
      ...factor,
      apply: (x, kernel) => convolution(x, reshape(kernel, [side * side, channels, channels]), { offsets }),
      solve: (y, kernel) =>
        direction === 1
          ? solveCorner(y, kernel, { dilation, mirrored: true })
          : solveCorner(y, flip(flip(kernel, 0), 1), { dilation }),
      map: (p) => ({
        kind: 'corner',
        kernel: factor.kernel(p),
        offsets,
        upper: direction === 1,
        firstChannel: 0,
      }),
    };
  };
}

/** The mixing of a 1x1 and an emerging convolution. */
export const emergingMixing = defineMixing({
  name: 'emerging',
  summary: 'A 1x1 convolution, then an emerging convolution.',
  inverse: 'wavefront',
  options: { kernelSize: kernelSizeOption, dilation: dilationOption },
  build: (shape, options) => ({ conv1x1: conv1x1(shape), emerging: emerging(shape, options) }),
  misfit: kernelMisfit,
});
