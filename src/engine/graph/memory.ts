// A program's peak memory: the largest total size of results that are alive at the same time.
import { markedSource } from '../../tensor/operations/checkpoint.ts';
import { reshapeSource } from '../../tensor/operations/layout.ts';
import { type ProgramDefinition, tensorsOf } from '../../tensor/programDefinition.ts';
import { elementCount } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/**
 * The peak number of elements in a program's live results, if its nodes run in order of creation and a result
 * is freed after its last use. Inputs and the scratch memory of single nodes are not counted. An open batch counts as one
 * image.
 */
export function peakElements(definition: ProgramDefinition): number {
  const { inputs, outputs } = definition;
  const given = new Set(Object.values(inputs));
  const order = tensorsOf(definition);
  const owner = new Map<Tensor, Tensor>();
  const lastUse = new Map<Tensor, number>();
  order.forEach((node, position) => {
    const source = given.has(node) ? undefined : (reshapeSource(node) ?? markedSource(node));
    owner.set(node, source ? owner.get(source)! : node);
    for (const used of given.has(node) ? [node] : [node, ...node.inputs]) {
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
  const sizeOf = (node: Tensor): number =>
    given.has(node) || node.inputs.length === 0 ? 0 : Math.abs(elementCount(node.shape));
  let alive = 0;
  let peak = 0;
  order.forEach((node, position) => {
    if (owner.get(node) === node) {
      alive += sizeOf(node);
      peak = Math.max(peak, alive);
    }
    for (const done of ending.get(position) ?? []) {
      alive -= sizeOf(done);
    }
  });
  return peak;
}
