// Passes over a graph: every tensor is rebuilt, inputs first.
import { gradientAskedFor, type Pullback } from '../../gradients/gradient.ts';
import { fixedPoint, fixedPointOperation } from '../../operations/fixedPoint.ts';
import { constantValue, isComputedBy, isInput, type Tensor, topologicalOrder } from '../../tensor.ts';

/** How a pass rebuilds the tensors of a graph, or of the body of a fixed-point iteration. */
export interface Pass {
  /**
   * The replacement for a tensor; `lookup` finds the replacements of earlier tensors. Undefined if nothing will use
   * it.
   */
  make(tensor: Tensor, lookup: (tensor: Tensor) => Tensor): Tensor | undefined;
  /** The gradients for a request whose tensors have been rebuilt. */
  gradients(pullback: Pullback): Tensor[];
}

/**
 * Rebuilds all tensors that `roots` depend on, in order of creation, and adds them to `rebuilt`; existing entries
 * stay. Inputs and constants map to themselves.
 *
 * @param passFor the pass for these tensors
 */
export function rewrite(
  roots: readonly Tensor[],
  rebuilt: Map<Tensor, Tensor>,
  passFor: (order: readonly Tensor[], roots: readonly Tensor[]) => Pass,
): void {
  const order = topologicalOrder(roots, (tensor) => rebuilt.has(tensor)).filter(
    (tensor) => !rebuilt.has(tensor),
  );
  const pass = passFor(order, roots);
  const gradientsByPullback = new Map<Pullback, Tensor[]>();
  const lookup = (tensor: Tensor): Tensor => {
    const result = rebuilt.get(tensor);
    if (!result) {
      throw new Error(`the result of ${tensor.operation.name} is missing from a graph that needs it`);
    }
    return result;
  };
  const computeGradients = (pullback: Pullback): Tensor[] => {
    const gradients =
      gradientsByPullback.get(pullback) ??
      pass.gradients({
        known: pullback.known.map(({ tensor, gradient }) => ({
          tensor: lookup(tensor),
          gradient: lookup(gradient),
        })),
        variables: pullback.variables.map(lookup),
      });
    gradientsByPullback.set(pullback, gradients);
    return gradients;
  };
  const rebuild = (tensor: Tensor): Tensor | undefined => {
    if (isInput(tensor) || constantValue(tensor)) {
      return tensor;
    }
    const request = gradientAskedFor(tensor);
    if (request) {
      return computeGradients(request.pullback)[request.index];
    }
    if (isComputedBy(fixedPointOperation, tensor)) {
      const { state, result, limit } = tensor.attributes;
      return fixedPoint(lookup(tensor.inputs[0]!), limit, (value) => {
        // A copy of the map would take time that grows with the whole graph. A body belongs to one tensor, and nothing
        // outside uses what is in it.
        rebuilt.set(state, value);
        rewrite([result], rebuilt, passFor);
        return rebuilt.get(result)!;
      });
    }
    return pass.make(tensor, lookup);
  };
  for (const tensor of order) {
    const result = rebuild(tensor);
    if (result) {
      rebuilt.set(tensor, result);
    }
  }
}

/** The only use of each tensor that has exactly one and whose value is not needed itself. */
export function soleUsers(order: readonly Tensor[], results: readonly Tensor[]): Map<Tensor, Tensor> {
  const users = new Map<Tensor, Tensor>();
  const others = new Set(results);
  for (const node of order) {
    for (const input of node.inputs) {
      if (users.has(input)) {
        others.add(input);
      }
      users.set(input, node);
    }
  }
  for (const tensor of others) {
    users.delete(tensor);
  }
  return users;
}
