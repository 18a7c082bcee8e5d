// Expands composite operations into those that the runtime has, in the graph style that the device prefers, and finds what to
// fuse: a convolution with the affine map behind it, and sequences of convolutions.

import type { Parity } from '../../../core/numeric/index.ts';
import { pulledBack } from '../../gradients/gradient.ts';
import { checkpoint, isCheckpoint } from '../../operations/checkpoint.ts';
import { type Convolution, convolutionOperation } from '../../operations/convolution.ts';
import { add, divide, multiply, total } from '../../operations/elementwise.ts';
import { everyOtherMoved, everyOtherOperation } from '../../operations/everyOther.ts';
import { expConvolutionOperation, lastTerm } from '../../operations/expConvolution.ts';
import { flip } from '../../operations/layout.ts';
import { solveCornerOperation } from '../../operations/solveCorner.ts';
import { apply, isComputedBy, type Precision, type Tensor } from '../../tensor.ts';
import { columnBlocks, type GraphStyle } from '../devices/device.ts';
import { imagesFirst, imagesLast } from './batchLast.ts';
import * as batchLast from './batchLastConvolutions.ts';
import type { AffineConvolution, Between } from './convolutions.ts';
import * as batchFirst from './convolutions.ts';
import { type Pass, soleUsers } from './rewrite.ts';
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
      if (isComputedBy(solveCornerOperation, tensor)) {
        const [y, kernel] = inputs as [Tensor, Tensor];
        const [, , width, channels] = y.shape as [number, number, number, number];
        const { dilation, mirrored } = tensor.attributes;
        if (!sequential && style.batchLast && tileLength(width, channels) === width) {
          return imagesFirst(solveRowsBatchLast(imagesLast(y), kernel, tensor.attributes));
        }
        const solved = (image: Tensor): Tensor =>
          sequential
            ? (apply(solveCornerOperation, [image, kernel], { dilation }) as Tensor)
            : solveByDiagonals(image, kernel, dilation);
        return mirrored ? turned(solved(turned(y))) : solved(y);
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
  const blocks = (pixels: number): readonly number[] =>
    columnBlocks({ images, pixels, channels: Math.max(...widths) });
  return imagesFirst(batchLast.buildNetwork(imagesLast(x), start, steps, end, blocks));
}

/**
 * A convolution, and what follows it as its only use: the shift and scale of its channels, and the choice of every other
 * pixel.
 */
interface FusedConvolution {
  readonly convolution: Tensor<Convolution>;
  readonly bias?: Tensor;
  readonly scale?: Tensor;
  /** The half of the pixels that is used, if it is one. */
  readonly parity?: Parity;
  /** The last of these tensors. */
  readonly result: Tensor;
}

/**
 * Consecutive convolutions with elementwise functions between them, whose intermediate results nothing else
 * uses.
 */
interface Network {
  readonly first: FusedConvolution;
  /** In order: elementwise functions, and convolutions with one tap. */
  readonly between: readonly (Tensor | FusedConvolution)[];
  readonly last: FusedConvolution;
}

/** The fused operations by the tensors that they result in; the tensors between are `inner` and never computed. */
export interface Groups {
  readonly convolutions: ReadonlyMap<Tensor, FusedConvolution>;
  readonly networks: ReadonlyMap<Tensor, Network>;
  readonly inner: ReadonlySet<Tensor>;
}

/**
 * Finds what can be fused among tensors.
 *
 * @param order the tensors, inputs first
 * @param results those whose values are needed themselves
 */
export function findGroups(order: readonly Tensor[], results: readonly Tensor[]): Groups {
  const user = soleUsers(order, results);
  const inner = new Set<Tensor>();
  const convolutions = new Map<Tensor, FusedConvolution>();
  for (const node of order) {
    if (isComputedBy(convolutionOperation, node)) {
      const fused = fusedFrom(node, user);
      for (let part: Tensor = node; part !== fused.result; part = user.get(part)!) {
        inner.add(part);
      }
      convolutions.set(fused.result, fused);
    }
  }
  const networks = new Map<Tensor, Network>();
  // From the end: a network is not part of another one.
  for (const last of [...convolutions.values()].reverse()) {
    const network = inner.has(last.result) ? undefined : networkBefore(last, convolutions, user);
    if (network) {
      networks.set(last.result, network);
      inner.add(network.first.result);
      for (const part of network.between) {
        inner.add(isFused(part) ? part.result : part);
      }
    }
  }
  return { convolutions, networks, inner };
}

/** Whether a part of a network is a convolution. */
function isFused(part: Tensor | FusedConvolution): part is FusedConvolution {
  return 'convolution' in part;
}

function fusedFrom(convolution: Tensor<Convolution>, user: ReadonlyMap<Tensor, Tensor>): FusedConvolution {
  const channels = convolution.shape[3]!;
  let result: Tensor = convolution as Tensor;
  /** The per-channel vector that shifts or scales this tensor into the next one. */
  const channelVector = (operation: typeof add.operation): Tensor | undefined => {
    const next = user.get(result);
    if (!next || !isComputedBy(operation, next)) {
      return undefined;
    }
    const [a, b] = next.inputs as [Tensor, Tensor];
    const vector = a === result ? b : a;
    if (vector.rank !== 1 || vector.shape[0] !== channels) {
      return undefined;
    }
    result = next;
    return vector;
  };
  const bias = channelVector(add.operation);
  const scale = channelVector(multiply.operation);
  const fused = { convolution, ...(bias && { bias }), ...(scale && { scale }), result };
  const chosen = user.get(result);
  // On a torus with odd sides, a tap can lead from either half of the pixels to the other.
  return chosen && isComputedBy(everyOtherOperation, chosen) && convolution.attributes.boundary === 'zero'
    ? { ...fused, parity: chosen.attributes, result: chosen as Tensor }
    : fused;
}

/**
 * The network that ends with a convolution; undefined if its input does not come from another convolution
 * alone.
 */
function networkBefore(
  last: FusedConvolution,
  convolutions: ReadonlyMap<Tensor, FusedConvolution>,
  user: ReadonlyMap<Tensor, Tensor>,
): Network | undefined {
  /**
   * The functions before a convolution and the convolution before them, if nothing else uses any of these.
   */
  const before = ({ convolution }: FusedConvolution) => {
    const functions: Tensor[] = [];
    let node = convolution.inputs[0]!;
    for (; user.has(node) && isFunction(node); node = node.inputs[0]!) {
      functions.unshift(node);
    }
    const previous = user.has(node) ? convolutions.get(node) : undefined;
    return previous && previous.parity === undefined && functions.length > 0
      ? { previous, functions }
      : undefined;
  };
  const between: (Tensor | FusedConvolution)[] = [];
  for (let link = before(last); link; ) {
    const { previous, functions } = link;
    between.unshift(...functions);
    link = isPointwise(previous) ? before(previous) : undefined;
    if (!link) {
      return { first: previous, between, last };
    }
    between.unshift(previous);
  }
  return undefined;
}

/** Whether a tensor is an elementwise function of another one. */
function isFunction({ operation, inputs }: Tensor): boolean {
  return operation.evaluate !== undefined && inputs.length === 1;
}

/** Whether the only tap of a convolution is the pixel itself, at all pixels. */
function isPointwise({ convolution, parity }: FusedConvolution): boolean {
  const { offsets, edge } = convolution.attributes;
  const isItself = offsets.length === 1 && offsets[0]!.every((distance) => distance === 0);
  return parity === undefined && !edge && isItself;
}
