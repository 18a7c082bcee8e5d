// Expands composite operations into those that the runtime has, in the graph style that the device prefers.

import type { Precision } from '../../emitter.ts';
import { pulledBack } from '../../gradients/gradient.ts';
import { checkpoint, isCheckpoint } from '../../operations/checkpoint.ts';
import { divide, total } from '../../operations/elementwise.ts';
import { everyOtherMoved, everyOtherOperation } from '../../operations/everyOther.ts';
import { expConvolutionOperation, lastTerm } from '../../operations/expConvolution.ts';
import { flip } from '../../operations/layout.ts';
import { solveCornerOperation } from '../../operations/solveCorner.ts';
import { apply, isComputedBy, type Tensor } from '../../tensor.ts';
import type { GraphStyle } from '../devices/device.ts';
import { imagesFirst, imagesLast } from './batchLast.ts';
import * as batchLast from './batchLastConvolutions.ts';
import type { AffineConvolution, Between } from './convolutions.ts';
import * as batchFirst from './convolutions.ts';
import { type FusedConvolution, findGroups, isFused, type Network } from './networks.ts';
import type { Pass } from './rewrite.ts';
import { tileLength } from './tiles.ts';
import { solveByDiagonals, solveRowsBatchLast } from './wavefront.ts';

/** How composite operations are expanded. */
interface ExpandOptions {
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
  const { convolutions, networks, inner } = findGroups(order, roots);
  const convolved = (x: Tensor, convolution: AffineConvolution): Tensor =>
    style.batchLast
      ? imagesFirst(batchLast.convolved(imagesLast(x), convolution))
      : chosenAfter(convolution, (full) => batchFirst.convolved(x, full));
  return {
    gradients: pulledBack,
    make(tensor, lookup) {
      if (inner.has(tensor)) {
        return undefined;
      }
      const network = networks.get(tensor);
      if (network) {
        return expandNetwork(network, style, lookup);
      }
      if (isCheckpoint(tensor) && tensor.rank === 4 && style.batchLast) {
        // From its start on, a stage computes in the same order whether or not it is part of a larger program.
        return imagesFirst(checkpoint(imagesLast(lookup(tensor.inputs[0]!))));
      }
      const fused = convolutions.get(tensor);
      if (fused) {
        return convolved(lookup(fused.convolution.inputs[0]!), affine(fused, lookup));
      }
      const inputs = tensor.inputs.map(lookup);
      if (isComputedBy(solveCornerOperation, tensor) && !sequential) {
        const [y, kernel] = inputs as [Tensor, Tensor];
        const [, , width, channels] = y.shape as [number, number, number, number];
        const { dilation, mirrored } = tensor.attributes;
        if (style.batchLast && tileLength(width, channels) === width) {
          return imagesFirst(solveRowsBatchLast(imagesLast(y), kernel, tensor.attributes));
        }
        return mirrored
          ? turned(solveByDiagonals(turned(y), kernel, dilation))
          : solveByDiagonals(y, kernel, dilation);
      }
      if (isComputedBy(expConvolutionOperation, tensor)) {
        const { offsets, normBound } = tensor.attributes;
        const convolution = { offsets, boundary: 'zero', edge: false, kernel: inputs[1]! } as const;
        const terms = lastTerm(normBound, precision);
        return series(inputs[0]!, terms, (x) => convolved(x, convolution));
      }
      if (isComputedBy(everyOtherOperation, tensor)) {
        return everyOtherMoved(inputs[0]!, tensor.attributes);
      }
      return apply(tensor.operation, inputs, tensor.attributes);
    },
  };
}

/** The pixels where a convolution has results, chosen from those that `make` computes at all pixels. */
function chosenAfter(
  { parity, ...fullConvolution }: AffineConvolution,
  make: (convolution: AffineConvolution) => Tensor,
): Tensor {
  const fullImage = make(fullConvolution);
  return parity === undefined ? fullImage : everyOtherMoved(fullImage, parity);
}

function affine(
  { convolution, bias, scale, parity }: FusedConvolution,
  lookup: (tensor: Tensor) => Tensor,
): AffineConvolution {
  return {
    ...convolution.attributes,
    kernel: lookup(convolution.inputs[1]!),
    bias: bias && lookup(bias),
    scale: scale && lookup(scale),
    parity,
  };
}

/** Images turned by 180°. */
function turned(x: Tensor): Tensor {
  return flip(flip(x, 1), 2);
}

/** Σₙ Mⁿ·x/n!, n = 0 to `last`, for the linear map M. */
function series(x: Tensor, last: number, map: (x: Tensor) => Tensor): Tensor {
  const terms = [x];
  for (let n = 1; n <= last; n++) {
    terms.push(divide(map(terms.at(-1)!), n));
  }
  return total(terms);
}

/** A network, with the batch where the device prefers it. */
function expandNetwork(
  { first, between, last }: Network,
  style: GraphStyle,
  lookup: (tensor: Tensor) => Tensor,
): Tensor {
  const x = lookup(first.convolution.inputs[0]!);
  const [start, end] = [affine(first, lookup), affine(last, lookup)];
  const steps = between.map(
    (part): Between =>
      isFused(part) ? affine(part, lookup) : (rows) => apply(part.operation, [rows], part.attributes),
  );
  if (!style.batchLast) {
    return chosenAfter(end, (full) => batchFirst.buildNetwork(x, start, steps, full));
  }
  const images = x.shape[0]!;
  const widths = [first, ...between.filter(isFused)].map(({ result }) => result.shape[3]!);
  const { batchLast: layout } = style;
  const blocks = (pixels: number): readonly number[] =>
    layout.blocks({ images, pixels, channels: Math.max(...widths) });
  return imagesFirst(batchLast.buildNetwork(imagesLast(x), start, steps, end, blocks));
}
