// The forward pass computed a second time, piece by piece, for a gradient that keeps little of the first.
import { after, isCheckpoint } from './operations/checkpoint.ts';
import { elementCount } from './shape.ts';
import { constantValue, Tensor } from './tensor.ts';
import { topologicalOrder } from './traversal.ts';

/** Fewer elements than this are not worth waiting for. */
const LARGE = 16_384;

/**
 * Stands in for the tensors of a graph while its gradient is built, from its end back to its start: those between
 * two checkpoints are made anew from the first of them, once the gradient has arrived at the second.
 *
 * What was computed the first time is then used by the forward pass alone and need not be kept, so that the memory of
 * a gradient grows with the checkpoints and not with what lies between. What follows the last checkpoint, and what
 * precedes the first, is kept.
 */
export class Recomputation {
  private readonly order: readonly Tensor[];
  private readonly checkpoints: readonly Tensor[];
  /** The gradients of checkpoints that have been reached. */
  private readonly reached = new Map<Tensor, Tensor>();
  private readonly again = new Map<Tensor, Tensor>();
  private readonly done = new Set<Tensor>();

  constructor(scalar: Tensor) {
    this.order = topologicalOrder([scalar]);
    this.checkpoints = this.order.filter(isCheckpoint);
  }

  /** The tensor to build the gradient of `node` from, where `g` is the gradient that has arrived at it. */
  standIn(node: Tensor, g: Tensor): Tensor {
    if (isCheckpoint(node)) {
      this.reached.set(node, g);
      return node;
    }
    const next = this.checkpoints.findIndex((checkpoint) => checkpoint.id > node.id);
    const [from, to] = [this.checkpoints[next - 1], this.checkpoints[next]];
    const arrived = to && this.reached.get(to);
    if (!from || !arrived) {
      return node;
    }
    if (!this.done.has(from)) {
      this.done.add(from);
      this.repeat(from, to, arrived);
    }
    return this.again.get(node) ?? node;
  }

  private repeat(from: Tensor, to: Tensor, arrived: Tensor): void {
    this.again.set(from, after(from.inputs[0]!, [arrived]));
    const waiting = new Map<Tensor, Tensor>();
    /** A large weight as it is given, but not to be scaled before it is needed. */
    const later = (x: Tensor): Tensor => {
      if (constantValue(x) || elementCount(x.shape) < LARGE) {
        return x;
      }
      const known = waiting.get(x) ?? after(x, [arrived]);
      waiting.set(x, known);
      return known;
    };
    for (const node of this.order) {
      // What the host works out and what is given is at hand.
      const isComputed = node.operation.lower !== undefined && node.inputs.length > 0;
      if (from.id < node.id && node.id < to.id && isComputed) {
        const inputs = node.inputs.map((input) => this.again.get(input) ?? later(input));
        this.again.set(node, new Tensor(node.operation, inputs, node.attributes, node.shape));
      }
    }
  }
}
