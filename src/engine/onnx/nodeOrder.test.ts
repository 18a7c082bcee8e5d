import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../numeric/random.ts';
import type { GraphProto, NodeProto } from './modelBytes.ts';
import { inOrderOfReadiness, namesReadBy } from './nodeOrder.ts';

type Node = Pick<NodeProto, 'input' | 'output' | 'attribute'>;

const node = (output: string, ...input: string[]): Node => ({ input, output: [output], attribute: [] });
const outputsOf = (nodes: readonly Node[]): string[] => nodes.map(({ output }) => output[0]!);

/** Throws unless every node comes after those that it reads. */
function requireRunnable(nodes: readonly Node[]): void {
  const all = new Set(outputsOf(nodes));
  const done = new Set<string>();
  for (const each of nodes) {
    for (const name of namesReadBy(each)) {
      if (all.has(name) && !done.has(name)) {
        throw new Error(`${each.output[0]} comes before ${name}`);
      }
    }
    done.add(each.output[0]!);
  }
}

/** The largest number of nodes that wait although their inputs are available, if they run in this order. */
function longestWait(nodes: readonly Node[]): number {
  const position = new Map(outputsOf(nodes).map((name, index) => [name, index]));
  const readyAt = nodes.map((each) =>
    Math.max(0, ...namesReadBy(each).map((name) => (position.get(name) ?? -1) + 1)),
  );
  return Math.max(
    ...nodes.map((_, now) => readyAt.filter((ready, index) => ready <= now && index >= now).length),
  );
}

describe('inOrderOfReadiness', () => {
  it('keeps every node, each after those that it reads', () => {
    const random = new RandomStream(1);
    const nodes = Array.from({ length: 300 }, (_, index) =>
      node(
        `n${index}`,
        ...Array.from({ length: random.integer(4) }, () => `n${random.integer(index + 1)}`).filter(
          (name) => name !== `n${index}`,
        ),
        'given',
      ),
    );
    const ordered = inOrderOfReadiness(nodes);
    expect(new Set(ordered)).toEqual(new Set(nodes));
    expect(ordered.length).toBe(nodes.length);
    requireRunnable(ordered);
    expect(outputsOf(ordered)).not.toEqual(outputsOf(nodes));
  });

  it('accepts repeated reads of a node, and follows the reads of inner graphs', () => {
    const named = (output: string, ...input: string[]): NodeProto => ({
      ...node(output, ...input),
      opType: 'Add',
      name: output,
    });
    const graph: GraphProto = {
      name: 'body',
      node: [named('inside', 'late', 'late')],
      output: [{ name: 'inside', elementType: 1 }],
      input: [],
      initializer: [],
      valueInfo: [],
    };
    const nodes = [
      node('first', 'given'),
      node('late', 'first', 'first'),
      { input: ['given'], output: ['loop'], attribute: [{ name: 'body', graph }] },
      node('last', 'loop'),
    ];
    expect(outputsOf(inOrderOfReadiness(nodes))).toEqual(['first', 'late', 'loop', 'last']);
  });

  it('places what only needs the forward pass in it, not next to the backward pass that uses it', () => {
    const steps = 50;
    const forward = Array.from({ length: steps }, (_, step) =>
      node(`y${step}`, step === 0 ? 'image' : `y${step - 1}`),
    );
    const backward = forward
      .map((_, step) => [
        node(`slope${step}`, `y${step}`),
        node(`g${step}`, `slope${step}`, step === steps - 1 ? `y${step}` : `g${step + 1}`),
      ])
      .reverse()
      .flat();
    const ordered = inOrderOfReadiness([...forward, ...backward]);
    requireRunnable(ordered);
    expect(longestWait([...forward, ...backward])).toBeGreaterThanOrEqual(steps);
    expect(longestWait(ordered)).toBeLessThan(4);
  });
});
