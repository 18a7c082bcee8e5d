// Convolutions of images whose batch is the last axis, `[C, H, W, N]`: a row of a matrix is a channel, and a pixel is a
// row of N numbers within it, which are copied together.
import { otherParity, type Parity, pixelParity, pixelsOfParity } from '../../../core/numeric/index.ts';
import { foldChannels, type Halves, squareOffsets, unfoldChannels } from '../../operations/convolution.ts';
import { denseConvolution } from '../../operations/denseConvolution.ts';
import { add, total } from '../../operations/elementwise.ts';
import { concatenate, reshape, slice, split, transpose } from '../../operations/layout.ts';
import { product } from '../../operations/linearAlgebra.ts';
import { isOpen, type Shape, type Tensor } from '../../tensor.ts';
import {
  type AffineConvolution,
  type Between,
  foldedKernel,
  isUnfolded,
  kernelMatrix,
  unfoldedKernel,
} from './convolutions.ts';

/**
 * A single convolution, `[in, H, W, N]` to `[out, H, W, N]`: between many channels at once; otherwise the narrower side is
 * unfolded.
 */
export function convolved(x: Tensor, convolution: AffineConvolution): Tensor {
  const [channels, height, width, images] = x.shape as [number, number, number, number];
  const { parity } = convolution;
  if (isDense(x.shape, convolution)) {
    return dense(x, convolution);
  }
  if (isUnfolded(convolution, channels)) {
    const rows = unfolded(x, convolution, parity);
    const grid = parity === undefined ? [height, width] : [1, halfCount(height, width, parity)];
    return reshape(first(convolution)(rows), [convolution.kernel.shape[2]!, ...grid, images]);
  }
  const itself = { offsets: [[0, 0]], boundary: 'zero' } as const;
  const { parts, sum } = last(convolution, height, width);
  return sum(
    parts.map(({ read, perTap }) =>
      perTap(asRows(unfoldChannels(x, { ...itself, halves: chosenHalf(x, read) }))),
    ),
    images,
  );
}

/**
 * A network of convolutions and functions, `[in, H, W, N]` to `[out, H, W, N]`. Between the first and the last convolution,
 * the pixels of all images are columns of a matrix, which don't depend on each other and are processed in blocks.
 *
 * @param blocks how many columns, which add up to all, for this many pixels of an image
 */
export function buildNetwork(
  x: Tensor,
  start: AffineConvolution,
  between: readonly Between[],
  end: AffineConvolution,
  blocks: (pixels: number) => readonly number[],
): Tensor {
  const [, height, width, images] = x.shape as [number, number, number, number];
  const steps = [
    first(start),
    ...between.map((step) => (typeof step === 'function' ? step : pointwise(step))),
  ];
  /** The results of these steps and of `after`, block by block, for all pixels or those that are read. */
  const columns = (pixels: number, read: Parity | undefined, after: (rows: Tensor) => Tensor): Tensor => {
    const rows = split(unfolded(x, start, read), 1, blocks(pixels));
    return concatenate(
      rows.map((block) => after(steps.reduce((value, step) => step(value), block))),
      1,
    );
  };
  const inputs = end.kernel.shape[1]! - (end.edge ? 1 : 0);
  const hiddenShape = [inputs, height, width, images];
  if (isDense(hiddenShape, end)) {
    const hidden = columns(height * width, undefined, (rows) => rows);
    return dense(reshape(hidden, hiddenShape), end);
  }
  const { parts, sum } = last(end, height, width);
  return sum(
    parts.map(({ pixels, read, perTap }) => columns(pixels, read, perTap)),
    images,
  );
}

/** From this many channels on both sides on, copies of neither are cheap. */
const LEAST_DENSE = 16;

/** The most input channels for each output: with fewer outputs, summing these costs less than copying the inputs. */
const MOST_PER_OUTPUT = 4;

/**
 * Whether the runtime's own convolution is used: if both sides have many channels and the taps are a square. Its dilation is
 * the batch size, which must be fixed. Programs that decode compressed files take any: their last bits must not change.
 */
function isDense(image: Shape, { kernel, offsets, boundary, parity }: AffineConvolution): boolean {
  const [taps, , outputs] = kernel.shape as [number, number, number];
  const [inputs] = image as [number];
  return (
    taps > 1 &&
    !isOpen(image) &&
    boundary === 'zero' &&
    parity === undefined &&
    Math.min(inputs, outputs) >= LEAST_DENSE &&
    inputs <= MOST_PER_OUTPUT * outputs &&
    squareOffsets(Math.sqrt(taps)).join(' ') === offsets.join(' ')
  );
}

function dense(x: Tensor, convolution: AffineConvolution): Tensor {
  const [, height, width] = x.shape as [number, number, number, number];
  const { kernel, added } = foldedKernel(convolution, height, width);
  const bias = added?.rank === 1 ? added : undefined;
  const y = denseConvolution(x, kernel, { offsets: convolution.offsets, bias });
  return added?.rank === 3 ? add(y, perPixel(added)) : y;
}

/** The shifted copies of an image as rows, `[taps·in, H·W·N]`; with an edge channel, also the copies of its mask. */
function unfolded(x: Tensor, { offsets, boundary, edge }: AffineConvolution, written?: Parity): Tensor {
  return asRows(unfoldChannels(x, { offsets, boundary, inside: edge, halves: chosenHalf(x, written) }));
}

/** The copies at half of an image's pixels; undefined for all. */
function chosenHalf({ shape: [, height, width] }: Tensor, written: Parity | undefined): Halves | undefined {
  return written === undefined ? undefined : { height: height!, width: width!, written };
}

/** From the copies of `unfolded` to `[out, H·W·N]`. */
function first(convolution: AffineConvolution): (rows: Tensor) => Tensor {
  const { kernel, inside, bias } = unfoldedKernel(convolution);
  const [taps, inputs, outputs] = kernel.shape as [number, number, number];
  const forImage = reshape(kernel, [taps * inputs, outputs]);
  const matrix = transpose(inside ? concatenate([forImage, inside], 0) : forImage);
  const added = bias && column(bias);
  return (rows) => product(matrix, rows, { bias: added });
}

function pointwise(convolution: AffineConvolution): (rows: Tensor) => Tensor {
  const { matrix, bias } = kernelMatrix(convolution);
  const [transposed, added] = [transpose(matrix), bias && column(bias)];
  return (rows) => product(transposed, rows, { bias: added });
}

/** The pixels that the same taps of a convolution read. */
interface Part {
  /** Which half of the pixels they are; all if undefined. */
  readonly read: Parity | undefined;
  /** How many they are. */
  readonly pixels: number;
  /** From rows to the results of these taps, `[taps·out, pixels·N]`. */
  perTap(rows: Tensor): Tensor;
}

/** A convolution whose products come first: its parts, and from their results to the sums, `[out, H, W, N]`. */
interface Last {
  readonly parts: readonly Part[];
  sum(perTap: readonly Tensor[], images: number): Tensor;
}

/**
 * The last convolution of a network. For half of the pixels there are two parts: an even offset leads to the same half of the
 * pixels, an odd one to the other, so each pixel is multiplied by the taps that read it for one of the results.
 */
function last(convolution: AffineConvolution, height: number, width: number): Last {
  const { kernel, added } = foldedKernel(convolution, height, width);
  const [, inputs, outputs] = kernel.shape as [number, number, number];
  const { offsets, boundary, parity } = convolution;
  const parts = tapsByHalf(convolution).map(({ read, taps }) => {
    const chosen = taps.map((tap) => offsets[tap]!);
    const usesAllTaps = kernel.shape[0] === taps.length;
    const used = usesAllTaps
      ? kernel
      : concatenate(
          taps.map((tap) => slice(kernel, 0, tap, tap + 1)),
          0,
        );
    const matrix = transpose(reshape(transpose(used, [1, 0, 2]), [inputs, taps.length * outputs]));
    const pixels = read === undefined ? height * width : halfCount(height, width, read);
    const inputSides = read === undefined ? [height, width] : [1, pixels];
    const halves = parity === undefined ? undefined : { height, width, read, written: parity };
    return {
      read,
      pixels,
      perTap: (rows: Tensor) => product(matrix, rows),
      folded: (perTap: Tensor, images: number) =>
        foldChannels(reshape(perTap, [taps.length * outputs, ...inputSides, images]), {
          offsets: chosen,
          boundary,
          halves,
        }),
    };
  });
  return {
    parts,
    sum(perTap, images) {
      const y = total(parts.map(({ folded }, index) => folded(perTap[index]!, images)));
      return added ? add(y, perPixel(added)) : y;
    },
  };
}

/** A term for every image: `[H, W, out]` as `[out, H, W, 1]`, and `[out]`, equal at all pixels, as `[out, 1, 1, 1]`. */
function perPixel(added: Tensor): Tensor {
  const [channelsFirst, grid] =
    added.rank === 3 ? [transpose(added, [2, 0, 1]), added.shape.slice(0, 2)] : [added, [1, 1]];
  return reshape(channelsFirst, [added.shape.at(-1)!, ...grid, 1]);
}

/** The taps of a convolution by the half of the pixels that they read. */
function tapsByHalf({ offsets, parity }: AffineConvolution): { read: Parity | undefined; taps: number[] }[] {
  const allTaps = offsets.map((_, tap) => tap);
  if (parity === undefined) {
    return [{ read: undefined, taps: allTaps }];
  }
  return ([parity, otherParity(parity)] as const)
    .map((read) => ({
      read,
      taps: allTaps.filter((tap) => pixelParity(...offsets[tap]!) === (parity ^ read)),
    }))
    .filter(({ taps }) => taps.length > 0);
}

function halfCount(height: number, width: number, parity: Parity): number {
  return pixelsOfParity(height, width, parity).length;
}

function asRows(x: Tensor): Tensor {
  return reshape(x, [x.shape[0]!, columnCount(x)]);
}

function columnCount({ shape: [, ...axes] }: Tensor): number {
  return axes.reduce((product, length) => product * length, 1);
}

function column(vector: Tensor): Tensor {
  return reshape(vector, [vector.shape[0]!, 1]);
}
