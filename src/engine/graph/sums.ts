// Sums of many terms, such as the log-determinants of all flow steps, which a model adds one after the other.
import { add } from '../../tensor/operations/elementwise.ts';
import { isResultOf, type Tensor } from '../../tensor/tensor.ts';
import { soleUsers } from './soleUsers.ts';

/**
 * The terms of every sum among these tensors that is not itself a term of another one: what a chain of additions
 * adds, if nothing else uses its intermediate results and `isPart` holds for all of them.
 *
 * @param order the tensors, inputs first
 * @param results those whose values are needed themselves
 */
export function sumsIn(
  order: readonly Tensor[],
  results: readonly Tensor[],
  isPart: (tensor: Tensor) => boolean,
): ReadonlyMap<Tensor, readonly Tensor[]> {
  const user = soleUsers(order, results);
  const terms = new Map<Tensor, Tensor[]>();
  for (const tensor of order.filter((node) => isResultOf(add.operation, node) && isPart(node))) {
    const own = tensor.inputs.flatMap((input) => {
      const inner = user.get(input) === tensor ? terms.get(input) : undefined;
      if (inner) {
        terms.delete(input);
      }
      return inner ?? [input];
    });
    terms.set(tensor, own);
  }
  return terms;
}
