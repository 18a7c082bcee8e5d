// The emerging convolution: two corner convolutions that together cover the receptive field of a full d x d
// one.
import type { ImageShape } from '../numeric/imageShape.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import { once } from '../numeric/once.ts';
import {
  add,
  convolution,
  flip,
  identity,
  logAbs,
  multiply,
  type Offset,
  reshape,
  slice,
  solveCorner,
  subtract,
  sum,
} from '../tensor/operations/index.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import type { Bijection } from './bijection.ts';
import { filledParameter, type ParameterSpec, type Parameters } from './parameters.ts';

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
  if (!Number.isInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0) {
    throw new Error(`emerging: the kernel size must be odd, not ${kernelSize}`);
  }
  if (!Number.isInteger(dilation) || dilation < 1) {
    throw new Error(`emerging: the dilation must be 1 or more, not ${dilation}`);
  }
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
      const logDets = factors.map((factor) => factor.logDetPerPixel(p));
      const y = factors.reduce((image, factor) => factor.apply(image, p), x);
      return {
        y: add(y, p.get('bias')),
        logDet: multiply(logDets.reduce(add), height * width),
      };
    },
    inverse: (y, p) =>
      factors.reduceRight((image, factor) => factor.solve(image, p), subtract(y, p.get('bias'))),
    factors: (p) => Object.fromEntries(factors.map((factor) => [factor.name, factor.centreTap(p)])),
  };
}

/** One of the two corner convolutions. */
interface CornerFactor {
  name: string;
  spec: ParameterSpec;
  apply(x: Tensor, p: Parameters): Tensor;
  solve(y: Tensor, p: Parameters): Tensor;
  /** The triangular matrix over the channels of the pixel itself. */
  centreTap(p: Parameters): Tensor;
  logDetPerPixel(p: Parameters): Tensor;
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
    const shape = [side, side, channels, channels];
    const mask = once(() => {
      const values = new Float64Array(sizeOf(shape)).fill(1);
      for (let i = 0; i < channels; i++) {
        for (let o = 0; o < channels; o++) {
          values[(centre * channels + i) * channels + o] = (direction === 1 ? i <= o : i >= o) ? 1 : 0;
        }
      }
      return values;
    });
    const offsets: Offset[] = [];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const distance = (index: number) => (direction === 1 ? index : index - last) * dilation;
        offsets.push([distance(row), distance(column)]);
      }
    }
    const kernelOf = (p: Parameters) => multiply(p.get(name), constant({ shape, data: mask() }));
    const centreTap = (p: Parameters) => {
      const matrices = reshape(kernelOf(p), [side * side, channels, channels]);
      return reshape(slice(matrices, 0, centre, centre + 1), [channels, channels]);
    };
    return {
      name,
      spec: {
        shape,
        trained: true,
        mask,
        initial(random) {
          const values = random.normals(sizeOf(shape)).map((value) => value * 0.02);
          for (let channel = 0; channel < channels; channel++) {
            values[(centre * channels + channel) * channels + channel]! += 1;
          }
          const contributes = mask();
          return values.map((value, index) => value * contributes[index]!);
        },
      },
      apply(x, p) {
        return convolution(x, reshape(kernelOf(p), [side * side, channels, channels]), { offsets });
      },
      solve(y, p) {
        const kernel = kernelOf(p);
        // The solver looks left and up. Right and down is the same in an image that is flipped along both
        // axes.
        return direction === 1
          ? flipImage(solveCorner(flipImage(y), kernel, dilation))
          : solveCorner(y, flip(flip(kernel, 0), 1), dilation);
      },
      centreTap,
      logDetPerPixel: (p) => sum(logAbs(sum(multiply(centreTap(p), identity(channels)), [0]))),
    };
  };
}

function flipImage(x: Tensor): Tensor {
  return flip(flip(x, 1), 2);
}
