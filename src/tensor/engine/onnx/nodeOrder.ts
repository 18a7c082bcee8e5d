// The order of the nodes in an ONNX graph, and the names that each of them reads.
import type { NodeProto } from './modelBytes.ts';

/** What is used of a node here. */
type Node = Pick<NodeProto, 'input' | 'output' | 'attribute'>;

/**
 * The same nodes, each placed as soon as its last input is available, so that a chain is not interrupted; the longest
 * chain starts last, and the results come at the end. The given order must be topological.
 *
 * ONNX Runtime sorts a graph several times while loading it, and keeps a list of the nodes whose inputs are
 * available but which have not been placed yet: for each new one it scans the whole list. In this order the
 * list stays short.
 *
 * At run time, the input of a node that comes last in the list is computed first; likewise for the results.
 * Here that input is the end of the longest chain. What needs only weights, or only the forward pass, such as the slope of a
 * ReLU, comes before it; so it is computed right before its use, and takes no memory until then. The results with
 * the shortest chains come last: they are computed as soon as they can be.
 */
export function inOrderOfReadiness<Kind extends Node>(nodes: readonly Kind[]): Kind[] {
  const sources = sourcesAmong(nodes);
  const readers = new Map<Kind, Kind[]>();
  for (const [node, read] of sources) {
    for (const source of read) {
      const sourceReaders = readers.get(source);
      if (sourceReaders) {
        sourceReaders.push(node);
      } else {
        readers.set(source, [node]);
      }
    }
  }
  const chains = longestChains(sources);
  const kindLength = (node: Kind): number => chains.get(node)!.length;
  const results = nodes.filter((node) => !readers.has(node)).sort((a, b) => kindLength(b) - kindLength(a));
  const [deepest] = results;
  const start = deepest && chains.get(deepest)!.start;
  const others = nodes.filter((node) => sources.get(node)!.size === 0 && node !== start);
  const open = [...(start ? [start] : []), ...others.reverse()];
  const missing = new Map([...sources].map(([node, { size }]) => [node, size]));
  const ordered: Kind[] = [];
  for (let node = open.pop(); node; node = open.pop()) {
    if (readers.has(node)) {
      ordered.push(node);
    }
    for (const reader of readers.get(node) ?? []) {
      const missingCount = missing.get(reader)! - 1;
      missing.set(reader, missingCount);
      if (missingCount === 0) {
        open.push(reader);
      }
    }
  }
  return [...ordered, ...results];
}

/** The nodes that each of these reads from. */
function sourcesAmong<Kind extends Node>(nodes: readonly Kind[]): Map<Kind, ReadonlySet<Kind>> {
  const producers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  return new Map(
    nodes.map((node) => [node, new Set(namesReadBy(node).flatMap((name) => producers.get(name) ?? []))]),
  );
}

/** A chain of nodes: each reads from the one before it. */
interface Chain<Kind> {
  readonly start: Kind;
  /** The number of nodes after the first one. */
  readonly length: number;
}

/** The longest chain that ends at each node. */
function longestChains<Kind>(sources: ReadonlyMap<Kind, ReadonlySet<Kind>>): Map<Kind, Chain<Kind>> {
  const chains = new Map<Kind, Chain<Kind>>();
  for (const [node, read] of sources) {
    let longest: Chain<Kind> = { start: node, length: 0 };
    for (const source of read) {
      const { start, length } = chains.get(source)!;
      if (length >= longest.length) {
        longest = { start, length: length + 1 };
      }
    }
    chains.set(node, longest);
  }
  return chains;
}

/** The names that a node reads, including those read inside an inner graph. */
export function namesReadBy({
  input,
  attribute: attributes,
}: Pick<Node, 'input' | 'attribute'>): readonly string[] {
  const inner = attributes.flatMap((attribute) =>
    'graph' in attribute
      ? [...attribute.graph.node.flatMap(namesReadBy), ...attribute.graph.output.map(({ name }) => name)]
      : [],
  );
  return inner.length === 0 ? input : [...input, ...inner];
}
