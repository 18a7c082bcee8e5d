// Reverse-mode differentiation: the gradient of a graph is more graph.
import { after, isCheckpoint } from './operations/checkpoint.ts';
import { add, multiply } from './operations/elementwise.ts';
import { concatenate, zeroPadded, zeros } from './operations/layout.ts';
import { accumulated } from './operations/product.ts';
import { isOpen } from './shape.ts';
import { ShapeError, type Tensor } from './tensor.ts';
import { topologicalOrder } from './traversal.ts';

/**
 * The gradients of a scalar with respect to each of `variables`, as tensors of their shapes (zero where the scalar
 * does not depend on one); `seed` is multiplied to all of them.
 */
export function gradients(scalar: Tensor, variables: readonly Tensor[], seed: Tensor): Tensor[] {
  if (scalar.rank !== 0 || seed.rank !== 0) {
    throw new ShapeError('gradients', [scalar.shape, seed.shape], 'only a scalar has a gradient');
  }
  return pullback([{ tensor: scalar, gradient: seed }], variables);
}

/** A tensor, and the gradient with respect to it of a scalar that is computed from it elsewhere. */
export interface KnownGradient {
  readonly tensor: Tensor;
  readonly gradient: Tensor;
}

/**
 * The gradients of a scalar with respect to each of `variables`, where those with respect to what is made of the
 * variables are `known`: the sum of vector-Jacobian products, zero where nothing known depends on a variable.
 *
 * Walks the graph from the known tensors back, each tensor after all that use it, and adds up what every use
 * contributes. At a checkpoint the gradient waits for those of the weights behind it, so that a step's activations
 * are let go of as soon as its own gradients are done.
 */
export function pullback(known: readonly KnownGradient[], variables: readonly Tensor[]): Tensor[] {
  const needed = dependents(
    known.map(({ tensor }) => tensor),
    new Set(variables),
  );
  const contributions = new Map<Tensor, Tensor[]>();
  for (const { tensor, gradient } of known) {
    contributions.set(tensor, [...(contributions.get(tensor) ?? []), gradient]);
  }
  const result = new Map<Tensor, Tensor>();
  const progress = new Progress(contributions);
  for (const node of [...needed].sort((a, b) => b.id - a.id)) {
    const parts = contributions.get(node);
    if (!parts) {
      continue;
    }
    contributions.delete(node);
    const sum = total(parts);
    const g = isCheckpoint(node) ? after(sum, progress.since(node)) : sum;
    result.set(node, g);
    if (node.inputs.length === 0) {
      continue;
    }
    if (!node.operation.gradient) {
      throw new Error(`the operation ${node.operation.name} has no gradient`);
    }
    const toInputs = node.operation.gradient(node, g);
    node.inputs.forEach((input, index) => {
      const part = toInputs[index];
      if (part && needed.has(input)) {
        contributions.set(input, withPart(contributions.get(input) ?? [], part));
        progress.note(input);
      }
    });
  }
  return variables.map((variable) => result.get(variable) ?? zerosLike(variable));
}

/**
 * What gradients found between one checkpoint and the one before it: those of the weights there. If they are computed
 * before the gradient goes on, the activations that they need are let go of; ONNX Runtime would compute them last.
 */
class Progress {
  private readonly contributions: ReadonlyMap<Tensor, readonly Tensor[]>;
  private touched = new Set<Tensor>();
  private latest = -1;

  constructor(contributions: ReadonlyMap<Tensor, readonly Tensor[]>) {
    this.contributions = contributions;
  }

  /** Something was found for this tensor. */
  note(tensor: Tensor): void {
    this.touched.add(tensor);
  }

  /** What has been found since the last call for tensors made before `checkpoint`. */
  since(checkpoint: Tensor): Tensor[] {
    const found = [...this.touched]
      .filter(({ id }) => id < checkpoint.id)
      .flatMap((tensor) => this.contributions.get(tensor) ?? [])
      .map((part) => zeroPadded(part)?.inner ?? part)
      .filter(({ id, inputs }) => id > this.latest && inputs.length > 0);
    this.touched = new Set();
    this.latest = Math.max(this.latest, ...found.map(({ id }) => id));
    return found;
  }
}

function zerosLike(x: Tensor): Tensor {
  return isOpen(x.shape) ? multiply(x, 0) : zeros(x.shape);
}

/** The tensors on some path from a variable to one of the results. */
function dependents(results: readonly Tensor[], variables: ReadonlySet<Tensor>): Set<Tensor> {
  const depends = new Map<Tensor, boolean>();
  for (const node of topologicalOrder(results)) {
    depends.set(node, variables.has(node) || node.inputs.some((input) => depends.get(input)));
  }
  return new Set([...depends].filter(([, yes]) => yes).map(([node]) => node));
}

/** Contributions and one more: a product that follows a product is added to it as it is computed, not after. */
function withPart(parts: readonly Tensor[], part: Tensor): Tensor[] {
  const previous = parts.at(-1);
  const sum = previous && accumulated(previous, part);
  return sum ? [...parts.slice(0, -1), sum] : [...parts, part];
}

/** The sum of contributions. The gradients of a tensor's slices, padded with zeros, are put side by side instead. */
function total(parts: readonly Tensor[]): Tensor {
  const padded = parts.flatMap((part) => zeroPadded(part) ?? []).sort((a, b) => a.start - b.start);
  if (padded.length < 2) {
    return parts.reduce(add);
  }
  const { axis } = padded[0]!;
  const length = parts[0]!.shape[axis]!;
  const tiles =
    padded.every((part, index) => part.axis === axis && part.start === (padded[index - 1]?.end ?? 0)) &&
    padded.at(-1)!.end === length;
  if (!tiles) {
    return parts.reduce(add);
  }
  const whole = concatenate(
    padded.map((part) => part.inner),
    axis,
  );
  return [whole, ...parts.filter((part) => !zeroPadded(part))].reduce(add);
}
