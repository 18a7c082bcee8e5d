// The order of the nodes in an ONNX graph, and the names that each of them reads.
import type { NodeProto } from './modelBytes.ts';

/** What is used of a node here. */
type Node = Pick<NodeProto, 'input' | 'output' | 'attribute'>;

/**
 * The same nodes, each placed as soon as its last input is available, so that a chain is not interrupted.
 * They must be passed in an order in which they could run.
 *
 * ONNX Runtime sorts a graph several times while loading it, and keeps a list of the nodes whose inputs are
 * available but which have not been placed yet: for each new one it scans the whole list. In this order the
 * list stays short.
 *
 * At run time, the input of the node that comes last is computed first. What needs only the forward pass,
 * such as the slope of a ReLU, comes early here; so it is computed right before its use, after the gradient
 * that it is combined with, and takes no memory until then.
 */
export function inOrderOfReadiness<Kind extends Node>(nodes: readonly Kind[]): Kind[] {
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const missing = new Map<Kind, number>();
  const readers = new Map<Kind, Kind[]>();
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
  const ordered: Kind[] = [];
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

/** The names that a node reads, including those read inside an inner graph. */
export function namesReadBy({ input, attribute: attributes }: Pick<Node, 'input' | 'attribute'>): string[] {
  const inner = attributes.flatMap((attribute) =>
    'graph' in attribute
      ? [...attribute.graph.node.flatMap(namesReadBy), ...attribute.graph.output.map(({ name }) => name)]
      : [],
  );
  return [...input, ...inner];
}
