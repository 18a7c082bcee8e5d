// The order in which the nodes of an ONNX graph stand, and what each of them reads.
import type onnxProto from 'onnx-proto';

type Node = onnxProto.onnx.INodeProto;

/**
 * The same nodes, each as soon as its last input is there, so that a chain comes without a break. They must be given in
 * an order in which they could run.
 *
 * ONNX Runtime sorts a graph several times while it loads it, and keeps a list of the nodes whose inputs are there but
 * whose turn has not come: for each new one it walks through all of that list. In this order it stays short.
 *
 * When the graph runs, the input of a node that stands last is computed first. What needs only the forward pass, such as
 * the slope of a ReLU, stands early here; so it is computed right before its use, after the gradient that it meets, and
 * takes no memory until then.
 */
export function inOrderOfReadiness(nodes: readonly Node[]): Node[] {
  const producers = new Map(nodes.map((node) => [node.output![0]!, node]));
  const missing = new Map<Node, number>();
  const readers = new Map<Node, Node[]>();
  for (const node of nodes) {
    const sources = new Set(namesReadBy(node).flatMap((name) => producers.get(name) ?? []));
    missing.set(node, sources.size);
    for (const source of sources) {
      const known = readers.get(source);
      if (known) {
        known.push(node);
      } else {
        readers.set(source, [node]);
      }
    }
  }
  const ordered: Node[] = [];
  const open = nodes.filter((node) => missing.get(node) === 0).reverse();
  for (let node = open.pop(); node; node = open.pop()) {
    ordered.push(node);
    for (const reader of readers.get(node) ?? []) {
      const left = missing.get(reader)! - 1;
      missing.set(reader, left);
      if (left === 0) {
        open.push(reader);
      }
    }
  }
  return ordered;
}

/** The names that a node reads, by the nodes of an inner graph too. */
export function namesReadBy({ input, attribute: attributes }: Node): string[] {
  const inner = (attributes ?? []).flatMap(({ g }) =>
    g ? [...(g.node ?? []), { input: g.output!.map(({ name }) => name!) }] : [],
  );
  return [...(input ?? []), ...inner.flatMap(namesReadBy)];
}
