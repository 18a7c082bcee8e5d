import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import type { GraphProto, NodeProto } from './modelBytes.ts';
import { inOrderOfReadiness, namesReadBy } from './nodeOrder.ts';

type Node = Pick<NodeProto, 'input' | 'output' | 'attribute'>;

const node = (output: string, ...input: string[]): Node => ({ input, output: [output], attribute: [] });
const listOutputs = (nodes: readonly Node[]): string[] => nodes.map(({ output }) => output[0]!);

/** Throws unless every node comes after those that it reads. */
function requireRunnable(nodes: readonly Node[]): void {
  const produced = new Set(listOutputs(nodes));
  const done = new Set<string>();
  for (const each of nodes) {
    for (const name of namesReadBy(each)) {
      if (produced.has(name) && !done.has(name)) {
        throw new Error(`${each.output[0]} comes before ${name}`);
      }
    }
    done.add(each.output[0]!);
  }
}

/** The largest number of nodes that wait although their inputs are available, if they run in this order. */
function longestWait(nodes: readonly Node[]): number {
  const position = new Map(listOutputs(nodes).map((name, index) => [name, index]));
  const readyAt = nodes.map((each) =>
    Math.max(0, ...namesReadBy(each).map((name) => (position.get(name) ?? -1) + 1)),
  );
  return Math.max(
    ...nodes.map((_, now) => readyAt.filter((ready, index) => ready <= now && index >= now).length),
  );
}

/** ONNX Runtime's execution order of nodes: depth first, from the last result and the last input on. */
function orderAtRunTime(nodes: readonly Node[]): string[] {
  const position = new Map(listOutputs(nodes).map((name, index) => [name, index]));
  const done = new Set<string>();
  const compute = (name: string): void => {
    if (!done.has(name)) {
      const inputs = namesReadBy(nodes[position.get(name)!]!).filter((input) => position.has(input));
      for (const input of inputs.sort((a, b) => position.get(b)! - position.get(a)!)) {
        compute(input);
      }
      done.add(name);
    }
  };
  const read = new Set(nodes.flatMap(namesReadBy));
  for (const result of listOutputs(nodes)
    .filter((name) => !read.has(name))
    .reverse()) {
    compute(result);
  }
  return [...done];
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
    expect(listOutputs(ordered)).not.toEqual(listOutputs(nodes));
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
    expect(listOutputs(inOrderOfReadiness(nodes))).toEqual(['first', 'late', 'loop', 'last']);
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

  it('has weights prepared right before their use, and results as soon as they can be', () => {
    const steps = ['1', '2', '3'];
    const forward = steps.flatMap((step, index) => [
      node(`scaled${step}`, `weights${step}`),
      node(`matrix${step}`, `scaled${step}`),
      node(`y${step}`, `matrix${step}`, index === 0 ? 'image' : `y${index}`),
    ]);
    const backward = [...steps]
      .reverse()
      .flatMap((step) => [
        node(`g${step}`, `matrix${step}`, `y${step}`, step === '3' ? 'likelihood' : `g${Number(step) + 1}`),
      ]);
    const likelihood = node('likelihood', 'y3');
    const result = node('bits', 'likelihood', 'y1');
    const ordered = inOrderOfReadiness([...forward, likelihood, result, ...backward]);
    requireRunnable(ordered);
    expect(orderAtRunTime(ordered)).toEqual([
      ...steps.flatMap((step) => [`scaled${step}`, `matrix${step}`, `y${step}`]),
      'likelihood',
      'bits',
      'g3',
      'g2',
      'g1',
    ]);
  });
});
