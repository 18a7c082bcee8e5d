// Finds what to fuse in a graph: a convolution with the affine map behind it, and sequences of convolutions.
import type { Parity } from '../../../core/numeric/index.ts';
import { type Convolution, convolutionOperation } from '../../operations/convolution.ts';
import { add, multiply } from '../../operations/elementwise.ts';
import { everyOtherOperation } from '../../operations/everyOther.ts';
import { isComputedBy, type Tensor } from '../../tensor.ts';
import { soleUsers } from './rewrite.ts';

/**
 * A convolution, and what follows it as its only use: the shift and scale of its channels, and the choice of every other
 * pixel.
 */
export interface FusedConvolution {
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
export interface Network {
  readonly first: FusedConvolution;
  /** In order: elementwise functions, and convolutions with one tap. */
  readonly between: readonly (Tensor | FusedConvolution)[];
  readonly last: FusedConvolution;
}

/** What is fused, by the tensor that it results in; the other tensors are `inner` and never computed. */
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
export function isFused(part: Tensor | FusedConvolution): part is FusedConvolution {
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
