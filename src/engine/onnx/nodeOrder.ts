// The order of the nodes in an ONNX graph, and the names that each of them reads.
import type { NodeProto } from './modelBytes.ts';

/** What is used of a node here. */
type Node = Pick<NodeProto, 'input' | 'output' | 'attribute'>;

/**
 * The same nodes, each placed as soon as its last input is available, so that a chain is not interrupted; the longest
 * chain starts last. They must be passed in an order in which they could run.
 *
 * ONNX Runtime sorts a graph several times while loading it, and keeps a list of the nodes whose inputs are
 * available but which have not been placed yet: for each new one it scans the whole list. In this order the
 * list stays short.
 *
 * At run time, a node's input that comes last is computed first, and so is the last of the results. Here this is the end of
 * the longest chain. What needs only weights, or only the forward pass, such as the slope of a ReLU, comes before it in the
 * list; so it is computed right before its use, and takes no memory until then. Of the results, those with the shortest
 * chains come last: they are computed as soon as they can be.
 */
export function inOrderOfReadiness<Kind extends Node>(nodes: readonly Kind[]): Kind[] {
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const chains = new Map<Kind, Chain<Kind>>();
  const missing = new Map<Kind, number>();
  const readers = new Map<Kind, Kind[]>();
  for (const node of nodes) {
    const sources = new Set(namesReadBy(node).flatMap((name) => producers.get(name) ?? []));
    missing.set(node, sources.size);
    let chain: Chain<Kind> = { root: node, length: 0 };
    for (const source of sources) {
      const { root, length } = chains.get(source)!;
      if (length >= chain.length) {
        chain = { root, length: length + 1 };
      }
      const known = readers.get(source);
      if (known) {
        known.push(node);
      } else {
        readers.set(source, [node]);
      }
    }
    chains.set(node, chain);
  }
  const lengthOf = (node: Kind): number => chains.get(node)!.length;
  const ordered: Kind[] = [];
  const roots = nodes.filter((node) => missing.get(node) === 0);
  const results = nodes.filter((node) => !readers.has(node)).sort((a, b) => lengthOf(b) - lengthOf(a));
  const start = results.length > 0 ? chains.get(results[0]!)!.root : undefined;
  const open = roots.filter((node) => node !== start).reverse();
  if (start) {
    open.unshift(start);
  }
  for (let node = open.pop(); node; node = open.pop()) {
    if (readers.has(node)) {
      ordered.push(node);
    }
    for (const reader of readers.get(node) ?? []) {
      const left = missing.get(reader)! - 1;
      missing.set(reader, left);
      if (left === 0) {
        open.push(reader);
      }
    }
  }
  return [...ordered, ...results];
}

/** The longest chain of nodes that ends with a node: each reads the one before it. */
interface Chain<Kind> {
  readonly root: Kind;
  /** The number of nodes between its first node and its last, which counts. */
  readonly length: number;
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
