// Expands composite operations into those that the runtime has, in the graph style that the device prefers.
import { pulledBack } from '../../tensor/gradient.ts';
import { checkpoint, isCheckpoint } from '../../tensor/operations/checkpoint.ts';
import { divide, total } from '../../tensor/operations/elementwise.ts';
import { expConvolutionOperation, lastTerm } from '../../tensor/operations/expConvolution.ts';
import { concatenate, split } from '../../tensor/operations/layout.ts';
import { solveCornerOperation } from '../../tensor/operations/solveCorner.ts';
import type { Shape } from '../../tensor/shape.ts';
import { apply, isResultOf, type Tensor } from '../../tensor/tensor.ts';
import type { GraphStyle } from '../devices/graphStyle.ts';
import type { Precision } from '../onnx/emitter.ts';
import { imagesFirst, imagesLast } from './batchLast.ts';
import { convolved, networkOf } from './batchLastConvolutions.ts';
import { type AffineConvolution, pixelRows } from './convolutions.ts';
import { convolver } from './convolver.ts';
import { type FusedConvolution, groupsOf, isFused, type Network } from './networks.ts';
import type { Pass } from './rewrite.ts';
import { tileLength } from './tiles.ts';
import { solveByDiagonals, solveRowsBatchLast } from './wavefront.ts';

/** How composite operations are expanded. */
export interface ExpandOptions {
  readonly style: GraphStyle;
  /** Decides how many terms a series has. */
  readonly precision: Precision;
  /** Whether corner convolutions are left to the host, which solves them one value at a time. */
  readonly sequential: boolean;
}

/** The pass that expands composite operations. */
export function expansion(
  order: readonly Tensor[],
  roots: readonly Tensor[],
  { style, precision, sequential }: ExpandOptions,
): Pass {
  const { convolutions, networks, inner } = groupsOf(order, roots);
  return {
    gradients: pulledBack,
    make(tensor, of) {
      if (inner.has(tensor)) {
        return undefined;
      }
      const network = networks.get(tensor);
      if (network) {
        return expandNetwork(network, style, of);
      }
      if (isCheckpoint(tensor) && tensor.rank === 4 && style.batchLast(tensor.shape[0]!)) {
        // From its start on, a stage computes in the same order whether or not it is part of a larger program.
        return imagesFirst(checkpoint(imagesLast(of(tensor.inputs[0]!))));
      }
      const mapOf = (convolution: AffineConvolution, shape: Shape): ((x: Tensor) => Tensor) =>
        style.batchLast(shape[0]!)
          ? (x) => imagesFirst(convolved(imagesLast(x), convolution))
          : convolver(convolution, shape, style.productsPerCopy);
      const fused = convolutions.get(tensor);
      if (fused) {
        const x = of(fused.convolution.inputs[0]!);
        return mapOf(affine(fused, of), x.shape)(x);
      }
      const inputs = tensor.inputs.map(of);
      if (isResultOf(solveCornerOperation, tensor) && !sequential) {
        const [y, kernel] = inputs as [Tensor, Tensor];
        const [images, , width, channels] = y.shape as [number, number, number, number];
        return style.batchLast(images) && tileLength(width, channels) === width
          ? imagesFirst(solveRowsBatchLast(imagesLast(y), kernel, tensor.attributes))
          : solveByDiagonals(y, kernel, tensor.attributes);
      }
      if (isResultOf(expConvolutionOperation, tensor)) {
        const { offsets, normBound } = tensor.attributes;
        const convolution = { offsets, boundary: 'zero', edge: false, kernel: inputs[1]! } as const;
        const map = mapOf(convolution, inputs[0]!.shape);
        return series(inputs[0]!, lastTerm(normBound, precision), map);
      }
      return apply(tensor.operation, inputs, tensor.attributes);
    },
  };
}

function affine(
  { convolution, bias, scale }: FusedConvolution,
  of: (tensor: Tensor) => Tensor,
): AffineConvolution {
  return {
    ...convolution.attributes,
    kernel: of(convolution.inputs[1]!),
    bias: bias && of(bias),
    scale: scale && of(scale),
  };
}

/** Σₙ Mⁿ·x/n!, n = 0 to `last`, for the linear map M. */
function series(x: Tensor, last: number, map: (x: Tensor) => Tensor): Tensor {
  const terms = [x];
  for (let n = 1; n <= last; n++) {
    terms.push(divide(map(terms.at(-1)!), n));
  }
  return total(terms);
}

/** A network on some of the images, or pixels of all of them, at a time. */
function expandNetwork(
  { first, between, last }: Network,
  style: GraphStyle,
  of: (tensor: Tensor) => Tensor,
): Tensor {
  const x = of(first.convolution.inputs[0]!);
  const [images, height, width] = x.shape as [number, number, number, number];
  const described = {
    images,
    pixels: height * width,
    channels: Math.max(...[first, ...between.filter(isFused)].map(({ result }) => result.shape[3]!)),
  };
  const [start, end] = [affine(first, of), affine(last, of)];
  const functionOf =
    ({ operation, attributes }: Tensor) =>
    (rows: Tensor): Tensor =>
      apply(operation, [rows], attributes);
  if (style.batchLast(images)) {
    const steps = between.map((part) => (isFused(part) ? affine(part, of) : functionOf(part)));
    return imagesFirst(networkOf(imagesLast(x), start, steps, end, style.columns(described)));
  }
  const steps = [
    pixelRows.first(start),
    ...between.map((part) => (isFused(part) ? pixelRows.between(affine(part, of)) : functionOf(part))),
    pixelRows.last(end, height, width),
  ];
  const blocks = split(x, 0, style.blocks(described));
  return concatenate(
    blocks.map((block) => steps.reduce((value, step) => step(value), block)),
    0,
  );
}
