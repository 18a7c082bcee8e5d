// Gradients: the gradient of a graph is more graph.
//
// A gradient is only requested here. `differentiate` finds it after the engine has expanded the composite
// operations, so that the operations that suit a device are the ones differentiated.
import { expand } from '../operations/broadcast.ts';
import { after, isCheckpoint, isDetached } from '../operations/checkpoint.ts';
import { total } from '../operations/elementwise.ts';
import { zeros } from '../operations/layout.ts';
import {
  apply,
  constant,
  isComputedBy,
  isOpen,
  type Operation,
  ShapeError,
  type Tensor,
  topologicalOrder,
} from '../tensor.ts';

/**
 * The gradients of a scalar with respect to each of `variables`, as tensors of their shapes (zero where the
 * scalar does not depend on one); all are multiplied by `seed`.
 *
 * @example
 * ```ts
 * import { constant, gradients, input, operations } from 'emerging-flows/tensor';
 *
 * const x = input('x', [3]);
 * const [byX] = gradients(operations.sum(operations.exp(x)), [x], constant(1));
 * ```
 */
export function gradients<const Variables extends readonly Tensor[]>(
  scalar: Tensor,
  variables: Variables,
  seed: Tensor,
): { -readonly [Variable in keyof Variables]: Tensor } {
  if (scalar.rank !== 0 || seed.rank !== 0) {
    throw new ShapeError('gradients', [scalar.shape, seed.shape], 'only a scalar has a gradient');
  }
  const allGradients = pullback([{ tensor: scalar, gradient: seed }], variables);
  return allGradients as { -readonly [Variable in keyof Variables]: Tensor };
}

/** An operation on the way to a variable that has no gradient. */
export class MissingGradient extends Error {
  /** Its name. */
  readonly operation: string;

  constructor(operation: string) {
    super(`the operation ${operation} has no gradient`);
    this.name = 'MissingGradient';
    this.operation = operation;
  }
}

/** A tensor, and the gradient with respect to it of a scalar that is computed from it elsewhere. */
export interface KnownGradient {
  readonly tensor: Tensor;
  readonly gradient: Tensor;
}

/** Gradients that are found together: the known ones, and the variables. */
export interface Pullback {
  readonly known: readonly KnownGradient[];
  readonly variables: readonly Tensor[];
}

/** The gradient with respect to one variable. */
interface PulledBack {
  /** The same object for all gradients that are found together. */
  readonly pullback: Pullback;
  /** Which of its variables. */
  readonly index: number;
}

/** The operation of a requested gradient; its inputs are all tensors that the pullback names. */
const gradientOperation: Operation<PulledBack> = {
  name: 'gradient',
  composite: true,
  shape: (_, { pullback: { variables }, index }) => variables[index]!.shape,
};

/**
 * The gradients of a scalar with respect to each of `variables`, given the known gradients with respect to
 * tensors computed from them: the sum of vector-Jacobian products, zero if no known tensor depends on a
 * variable.
 *
 * @throws MissingGradient if an operation on the way has no gradient
 */
export function pullback(knownGradients: readonly KnownGradient[], variables: readonly Tensor[]): Tensor[] {
  for (const { operation, inputs } of dependents(knownGradients, variables)) {
    if (inputs.length > 0 && !operation.gradient && !operation.composite) {
      throw new MissingGradient(operation.name);
    }
  }
  return pulledBack({ known: knownGradients, variables });
}

/** The tensors of gradients that are found together. */
export function pulledBack(pullback: Pullback): Tensor[] {
  const inputs = [
    ...pullback.known.flatMap(({ tensor, gradient }) => [tensor, gradient]),
    ...pullback.variables,
  ];
  return pullback.variables.map(
    (_, index) => apply(gradientOperation, inputs, { pullback, index }) as Tensor,
  );
}

/** A tensor's place among the gradients that are found together; undefined for any other tensor. */
export function gradientAskedFor(tensor: Tensor): PulledBack | undefined {
  return isComputedBy(gradientOperation, tensor) ? tensor.attributes : undefined;
}

/**
 * Finds gradients, by reverse-mode differentiation of a graph without composite operations.
 *
 * Walks the graph backwards from the known tensors, visiting each tensor after all of its uses, and sums the
 * contributions of every use. At a checkpoint the gradient waits for the weight gradients behind it, so that
 * a step's activations are freed as soon as its own gradients are done.
 */
export function differentiate({ known: knownGradients, variables }: Pullback): Tensor[] {
  const needed = new Set(dependents(knownGradients, variables));
  const contributions = new Map<Tensor, Tensor[]>();
  for (const { tensor, gradient } of knownGradients) {
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
      throw new MissingGradient(node.operation.name);
    }
    const toInputs = node.operation.gradient(node, g);
    node.inputs.forEach((input, index) => {
      const part = toInputs[index];
      if (part && needed.has(input)) {
        contributions.set(input, [...(contributions.get(input) ?? []), part]);
        progress.note(input);
      }
    });
  }
  return variables.map((variable) => result.get(variable) ?? zerosLike(variable));
}

/**
 * The gradients found between one checkpoint and the one before it: for the weights there. If they are
 * computed before the backward pass continues, the activations that they need are freed; ONNX Runtime would
 * compute them last.
 */
class Progress {
  private readonly contributions: ReadonlyMap<Tensor, readonly Tensor[]>;
  private touched = new Set<Tensor>();
  private latest = -1;

  constructor(contributions: ReadonlyMap<Tensor, readonly Tensor[]>) {
    this.contributions = contributions;
  }

  /** Records that a gradient was found for this tensor. */
  note(tensor: Tensor): void {
    this.touched.add(tensor);
  }

  /** The gradients found since the last call for tensors created before `checkpoint`. */
  since(checkpoint: Tensor): Tensor[] {
    const tensors = [...this.touched]
      .filter(({ id }) => id < checkpoint.id)
      .flatMap((tensor) => this.contributions.get(tensor) ?? [])
      .filter(({ id, inputs }) => id > this.latest && inputs.length > 0);
    this.touched = new Set();
    this.latest = Math.max(this.latest, ...tensors.map(({ id }) => id));
    return tensors;
  }
}

function zerosLike(x: Tensor): Tensor {
  // Not 0·x, which is not a number where x is infinite.
  return isOpen(x.shape) ? expand(constant(0), x.shape, x) : zeros(x.shape);
}

/** The tensors on some path from a variable to one of the known tensors. */
function dependents(knownGradients: readonly KnownGradient[], variables: readonly Tensor[]): Tensor[] {
  const variableSet = new Set(variables);
  const depends = new Map<Tensor, boolean>();
  // Behind a detached tensor nothing is looked for.
  const order = topologicalOrder(
    knownGradients.map(({ tensor }) => tensor),
    isDetached,
  );
  for (const node of order) {
    const isReached = !isDetached(node) && node.inputs.some((input) => depends.get(input));
    depends.set(node, variableSet.has(node) || isReached);
  }
  return order.filter((node) => depends.get(node));
}
