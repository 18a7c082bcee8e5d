// Which tensors of a graph have a single use.
import type { Tensor } from '../../tensor/tensor.ts';

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
