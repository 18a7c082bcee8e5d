// The memory of a program: the largest total size of results that are alive at the same time, and outputs that are written
// over the inputs of the same names.
import { markedSource } from '../../operations/checkpoint.ts';
import { maximum } from '../../operations/index.ts';
import { reshapeSource } from '../../operations/layout.ts';
import {
  elementCount,
  listTensors,
  type ProgramDefinition,
  type Tensor,
  topologicalOrder,
} from '../../tensor.ts';

/**
 * The peak number of elements in a program's live results, if its nodes run in order of creation and a result
 * is freed after its last use. Inputs and the scratch memory of single nodes are not counted. An open batch is counted as one
 * image.
 */
export function peakElements(definition: ProgramDefinition): number {
  const { inputs, outputs } = definition;
  const inputTensors = new Set(Object.values(inputs));
  const order = listTensors(definition);
  const owner = new Map<Tensor, Tensor>();
  const lastUse = new Map<Tensor, number>();
  order.forEach((node, position) => {
    const source = inputTensors.has(node) ? undefined : (reshapeSource(node) ?? markedSource(node));
    owner.set(node, source ? owner.get(source)! : node);
    for (const used of inputTensors.has(node) ? [node] : [node, ...node.inputs]) {
      lastUse.set(owner.get(used)!, position);
    }
  });
  for (const output of Object.values(outputs)) {
    lastUse.set(owner.get(output)!, order.length);
  }
  const ending = new Map<number, Tensor[]>();
  for (const [node, position] of lastUse) {
    ending.set(position, [...(ending.get(position) ?? []), node]);
  }
  const tensorBytes = (node: Tensor): number =>
    inputTensors.has(node) || node.inputs.length === 0 ? 0 : Math.abs(elementCount(node.shape));
  let alive = 0;
  let peak = 0;
  order.forEach((node, position) => {
    if (owner.get(node) === node) {
      alive += tensorBytes(node);
      peak = Math.max(peak, alive);
    }
    for (const done of ending.get(position) ?? []) {
      alive -= tensorBytes(done);
    }
  });
  return peak;
}

/**
 * The same program, prepared for a device, for outputs that are written over inputs: every node that writes one comes last and reads no input.
 * The runtime does not know that an output is also an input. It keeps the order that the graph demands and no other, and
 * WebGPU forbids a node to read what it writes: so each of these outputs is computed elsewhere and then copied, by the
 * larger of a number and itself, which keeps every finite number.
 *
 * @throws Error if an input that is overwritten is also read by what its output does not depend on, which could come later
 */
export function inPlace({ inputs, outputs }: ProgramDefinition): ProgramDefinition {
  const order = topologicalOrder(Object.values(outputs));
  for (const [name, output] of Object.entries(outputs)) {
    const overwritten = inputs[name];
    if (!overwritten) {
      continue;
    }
    const before = new Set(topologicalOrder([output]));
    const late = order.find((node: Tensor) => node.inputs.includes(overwritten) && !before.has(node));
    if (late) {
      throw new Error(
        `'${name}' cannot be updated in place: ${late.operation.name} may read it after it is overwritten`,
      );
    }
  }
  const copied = Object.entries(outputs).map(([name, output]) => [
    name,
    name in inputs ? maximum(output, output) : output,
  ]);
  return { inputs, outputs: Object.fromEntries(copied) };
}
