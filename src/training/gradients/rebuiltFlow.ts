// Whether workers, which build a flow from its options, would train the same one.

import type { Flow } from '../../models/flow.ts';
import { flowFor } from '../../models/flowRegistry.ts';
import { input, Tensor } from '../../tensor/tensor.ts';
import { bitsPerDimOf } from '../../trained/likelihood/likelihood.ts';

/**
 * Whether the options of a flow build one that computes the same likelihoods from the same parameters. A flow assembled by
 * hand may have the options of another one, even with parameters of the same names and shapes.
 */
export function isRebuiltFromOptions(model: Flow): boolean {
  return computationOf(model) === computationOf(flowFor(model.imageShape, model.options));
}

/** The likelihood of one image as text: each operation, with what it needs and the places of its inputs. */
function computationOf(model: Flow): string {
  const specs = Object.entries(model.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const tensors = Object.fromEntries(specs.map(([path, { shape }]) => [path, input(path, shape)]));
  const places = new Map<Tensor, number>();
  const lines = specs.map(([path, { shape }]) => `${path} ${shape}`);
  // Depth first from the result, not by creation: some constants are older than the graph.
  const open = [bitsPerDimOf(model, 1, tensors).bitsPerDim];
  for (let tensor = open.at(-1); tensor; tensor = open.at(-1)) {
    const waiting = tensor.inputs.filter((one) => !places.has(one));
    if (waiting.length > 0) {
      open.push(...waiting);
      continue;
    }
    open.pop();
    if (!places.has(tensor)) {
      places.set(tensor, places.size);
      const { operation, attributes, inputs } = tensor;
      const from = inputs.map((one) => places.get(one));
      lines.push(`${operation.name} ${JSON.stringify(attributes, withoutTensors)} ${from}`);
    }
  }
  return lines.join('\n');
}

/** A graph inside an operation is not compared. */
function withoutTensors(_: string, value: unknown): unknown {
  return value instanceof Tensor ? null : value;
}
