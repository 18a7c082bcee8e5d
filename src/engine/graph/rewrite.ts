// Passes over a graph: every tensor is made anew, inputs first.
import { gradientAskedFor, type Pullback } from '../../tensor/gradient.ts';
import { fixedPoint, fixedPointOperation } from '../../tensor/operations/fixedPoint.ts';
import { constantValue, isInput, isMadeBy, type Tensor } from '../../tensor/tensor.ts';
import { topologicalOrder } from '../../tensor/traversal.ts';

/** What a pass does with the tensors of a graph, or of one inside a repetition. */
export interface Pass {
  /** What becomes of a tensor; `of` tells what has become of those before it. Undefined where nothing will ask for it. */
  make(tensor: Tensor, of: (tensor: Tensor) => Tensor): Tensor | undefined;
  /** What becomes of gradients that are asked for, of tensors that have been made anew. */
  gradients(pullback: Pullback): Tensor[];
}

/**
 * Makes all tensors anew on which `roots` depend, in the order in which they were made, and adds them to `made`; what is
 * in there already stays. Inputs and constants are themselves.
 *
 * @param passFor the pass for these tensors
 */
export function rewrite(
  roots: readonly Tensor[],
  made: Map<Tensor, Tensor>,
  passFor: (order: readonly Tensor[], roots: readonly Tensor[]) => Pass,
): void {
  const order = topologicalOrder(roots, (tensor) => made.has(tensor)).filter((tensor) => !made.has(tensor));
  const pass = passFor(order, roots);
  const found = new Map<Pullback, Tensor[]>();
  const of = (tensor: Tensor): Tensor => {
    const result = made.get(tensor);
    if (!result) {
      throw new Error(`what ${tensor.operation.name} gives has been left out of a graph that needs it`);
    }
    return result;
  };
  const gradientsOf = (pullback: Pullback): Tensor[] => {
    const gradients =
      found.get(pullback) ??
      pass.gradients({
        known: pullback.known.map(({ tensor, gradient }) => ({ tensor: of(tensor), gradient: of(gradient) })),
        variables: pullback.variables.map(of),
      });
    found.set(pullback, gradients);
    return gradients;
  };
  const anew = (tensor: Tensor): Tensor | undefined => {
    if (isInput(tensor) || constantValue(tensor)) {
      return tensor;
    }
    const asked = gradientAskedFor(tensor);
    if (asked) {
      return gradientsOf(asked.pullback)[asked.index];
    }
    if (isMadeBy(fixedPointOperation, tensor)) {
      const { state, result, limit } = tensor.attributes;
      return fixedPoint(of(tensor.inputs[0]!), limit, (value) => {
        const inside = new Map(made).set(state, value);
        rewrite([result], inside, passFor);
        return inside.get(result)!;
      });
    }
    return pass.make(tensor, of);
  };
  for (const tensor of order) {
    const result = anew(tensor);
    if (result) {
      made.set(tensor, result);
    }
  }
}
