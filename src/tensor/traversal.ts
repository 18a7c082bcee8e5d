// Traverses a graph of tensors.
import type { Tensor } from './tensor.ts';

/**
 * The given tensors and everything they depend on, inputs first; nothing beyond a tensor where `stop` holds.
 */
export function topologicalOrder(
  outputs: readonly Tensor[],
  stop: (node: Tensor) => boolean = () => false,
): Tensor[] {
  const seen = new Set<Tensor>();
  const open = [...outputs];
  for (let node = open.pop(); node; node = open.pop()) {
    if (!seen.has(node)) {
      seen.add(node);
      if (!stop(node)) {
        open.push(...node.inputs);
      }
    }
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
