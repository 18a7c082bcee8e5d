// A program: named inputs and outputs of a graph.
import { constantValue, isInput, type Tensor } from './tensor.ts';
import { topologicalOrder } from './traversal.ts';

/** A graph with named inputs and outputs; compiled once, run many times. */
export interface ProgramDefinition {
  /** The tensors whose values are passed to a run: nothing that they depend on is computed. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** The tensors whose values a run returns. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** The tensors that a program computes, and the inputs and constants that they depend on. */
export function listTensors({ inputs, outputs }: ProgramDefinition): Tensor[] {
  const inputTensors = new Set(Object.values(inputs));
  return topologicalOrder(Object.values(outputs), (tensor) => inputTensors.has(tensor));
}

/** Throws if an output depends on an input that the program does not name. */
export function checkInputs(definition: ProgramDefinition): void {
  const named = new Set(Object.values(definition.inputs));
  for (const tensor of listTensors(definition)) {
    if (isInput(tensor) && !named.has(tensor)) {
      const { name } = tensor.attributes as { name: string };
      throw new Error(`the program uses the input '${name}' but does not list it`);
    }
  }
}

/**
 * The tensors whose values depend only on constants and are used by something that does not (or are
 * outputs): the results of constant folding, computed once before the program is compiled.
 */
export function constantFrontier(definition: ProgramDefinition): Tensor[] {
  const inputTensors = new Set(Object.values(definition.inputs));
  const outputs = Object.values(definition.outputs);
  const fixed = new Set<Tensor>();
  const frontier = new Set<Tensor>();
  for (const tensor of listTensors(definition)) {
    if (!inputTensors.has(tensor) && tensor.inputs.every((input) => fixed.has(input))) {
      fixed.add(tensor);
    } else {
      for (const input of tensor.inputs) {
        if (fixed.has(input)) {
          frontier.add(input);
        }
      }
    }
  }
  for (const output of outputs) {
    if (fixed.has(output)) {
      frontier.add(output);
    }
  }
  return [...frontier].filter((tensor) => !constantValue(tensor));
}
