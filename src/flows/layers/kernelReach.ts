// Whether the kernel of a mixing reaches beyond all images.
import type { MixedImages } from '../contract/mixing.ts';

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
