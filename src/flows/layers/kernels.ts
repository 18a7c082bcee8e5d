// The kernels of mixings: the free taps of corner convolutions, and a check that a kernel doesn't reach beyond all images.
import { UserError } from '../../core/errors.ts';
import { countElements, once } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { add, logAbs, multiply, reshape, slice, subtract, sum } from '../../tensor/operations/index.ts';
import type { MixedImages } from '../contract/mixing.ts';
import type { ParameterSpec, Parameters } from '../contract/parameters.ts';

/** The form of a corner kernel. */
interface CornerForm {
  /** Its taps along each axis. */
  readonly side: number;
  readonly channels: number;
  /** The number of the tap at the pixel itself, row by row. */
  readonly centre: number;
  /** There, whether input ≤ output; otherwise input ≥ output. */
  readonly upper: boolean;
}

/** A corner kernel, `[side, side, C, C]`. */
export interface Corner {
  /** The name of its parameter. */
  readonly name: string;
  readonly spec: ParameterSpec;
  /** Without what is masked out. */
  kernel(p: Parameters): Tensor;
  /** The triangular matrix over the channels of the pixel itself, `[C, C]`. */
  centreTap(p: Parameters): Tensor;
  /** Σ ln|diagonal of the centre tap| of a masked kernel. */
  logDetPerPixel(masked: Tensor): Tensor;
}

/** A corner kernel near the identity: N(0, 0.02²), plus 1 on the diagonal of the centre tap. */
export function corner(name: string, { side, channels, centre, upper }: CornerForm): Corner {
  const shape = [side, side, channels, channels];
  const first = centre * channels * channels;
  const isOnDiagonal = (index: number): boolean => {
    const offset = index - first;
    return offset >= 0 && offset < channels * channels && offset % (channels + 1) === 0;
  };
  const mask = once(() => {
    const values = new Float64Array(countElements(shape)).fill(1);
    for (let i = 0; i < channels; i++) {
      for (let o = 0; o < channels; o++) {
        values[first + i * channels + o] = (upper ? i <= o : i >= o) ? 1 : 0;
      }
    }
    return values;
  });
  // Covers the whole kernel, with ones outside the centre tap's diagonal: slicing it out would take a dozen operations.
  const diagonal = once(() => {
    const data = new Float64Array(countElements(shape));
    return constant({ shape, data: data.map((_, index) => (isOnDiagonal(index) ? 1 : 0)) });
  });
  const logDetPerPixel = (masked: Tensor) =>
    sum(logAbs(add(multiply(masked, diagonal()), subtract(1, diagonal()))));
  const kernel = (p: Parameters) => multiply(p.get(name), constant({ shape, data: mask() }));
  const centreTap = (p: Parameters) => {
    const matrices = reshape(kernel(p), [side * side, channels, channels]);
    return reshape(slice(matrices, 0, centre, centre + 1), [channels, channels]);
  };
  return {
    name,
    spec: {
      shape,
      trained: true,
      mask,
      initial(random) {
        const values = random.normals(countElements(shape)).map((value) => value * 0.02);
        for (let channel = 0; channel < channels; channel++) {
          values[first + channel * channels + channel]! += 1;
        }
        const contributes = mask();
        return values.map((value, index) => value * contributes[index]!);
      },
    },
    kernel,
    centreTap,
    logDetPerPixel,
  };
}

/**
 * Checks the options of a layer of corner convolutions.
 *
 * @throws if the side of the kernel is not a whole number of 1 or more, or not odd where it must be, or if the dilation is
 * not a whole number of 1 or more
 */
export function requireTaps(
  layer: string,
  { kernelSize, dilation, odd }: { kernelSize: number; dilation: number; odd: boolean },
): void {
  if (!Number.isInteger(kernelSize) || kernelSize < 1 || (odd && kernelSize % 2 === 0)) {
    throw new UserError(
      'invalid-argument',
      `${layer}: the kernel size must be ${odd ? 'odd' : '1 or more'}, not ${kernelSize}`,
    );
  }
  if (!Number.isInteger(dilation) || dilation < 1) {
    throw new UserError('invalid-argument', `${layer}: the dilation must be 1 or more, not ${dilation}`);
  }
}

/** The side of the smallest kernel, which is the default. */
const SMALLEST_KERNEL = 3;

/** A kernel over images. */
interface Kernel {
  readonly kernelSize: number;
  /** The distance between neighbouring taps; default 1. */
  readonly dilation?: number;
  /** Where in it the pixel itself is; default: at the centre. */
  readonly origin?: 'centre' | 'corner';
}

/**
 * Rejects a kernel whose outermost taps fall outside the image at every position, even on the largest level: they are legal
 * but never act, or act twice if the kernel is periodic. A kernel larger than the image only on a later level is common in
 * small models, and allowed.
 */
export function kernelMisfit(
  { shapes, isNew }: MixedImages,
  { kernelSize, dilation: spacing = 1, origin = 'centre' }: Kernel,
): string | undefined {
  const [height, width] = shapes[0]!;
  const side = Math.max(height, width);
  const share = origin === 'corner' ? 1 : 0.5;
  const reach = (kernelSize - 1) * share * spacing;
  // The smallest is allowed even on the tiniest image.
  if (!isNew || reach < side || (kernelSize === SMALLEST_KERNEL && spacing === 1)) {
    return undefined;
  }
  return (
    `kernelSize ${kernelSize}${spacing > 1 ? ` with dilation ${spacing}` : ''} has taps ${reach} pixels ` +
    `from its ${origin}, and the largest images between couplings are ${height} x ${width}: ` +
    kernelRemedy({ kernelSize, side, spacing, share })
  );
}

/** How far a kernel reaches. */
interface KernelReach {
  readonly kernelSize: number;
  /** The longer side of the images. */
  readonly side: number;
  /** The distance between neighbouring taps. */
  readonly spacing: number;
  /** The share of the kernel's side that lies on one side of the pixel: half, or from a corner all of it. */
  readonly share: number;
}

/** A kernel that fits images of this side: a smaller one or, if even the smallest is too wide, one with closer taps. */
function kernelRemedy({ kernelSize, side, spacing, share }: KernelReach): string {
  const steps = Math.floor((side - 1) / (share * spacing));
  const largest = steps - (steps % 2) + 1;
  if (spacing === 1 || largest > SMALLEST_KERNEL) {
    return `use a kernelSize of ${Math.max(largest, SMALLEST_KERNEL)} or less`;
  }
  const closer = Math.max(1, Math.floor((side - 1) / (share * (SMALLEST_KERNEL - 1))));
  const size = kernelSize > SMALLEST_KERNEL ? `a kernelSize of ${SMALLEST_KERNEL} and ` : '';
  return `use ${size}a dilation of ${closer} or less`;
}
