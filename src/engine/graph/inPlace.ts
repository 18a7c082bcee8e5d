// Programs that write outputs over the inputs of the same names, in the memory of a device.
import { maximum } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { topologicalOrder } from '../../tensor/traversal.ts';

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
