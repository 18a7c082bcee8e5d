// From a graph of tensors to the graph that a device runs: composite operations are expanded, gradients
// found, and operations left out or merged where possible.

import { gradientAskedFor, pulledBack } from '../../gradients/gradient.ts';
import { type Precision, type ProgramDefinition, type Tensor, topologicalOrder } from '../../tensor.ts';
import { type Device, defaultDevice, graphStyle } from '../devices/device.ts';
import { expansion } from './expand.ts';
import { rewrite } from './rewrite.ts';
import { shiftedProducts } from './shiftedProducts.ts';
import { simplification } from './simplify.ts';
import { stacking } from './stacking.ts';

/**
 * How a corner convolution is inverted: as a wavefront over anti-diagonals, as part of the program, or one
 * value at a time on the host in float64, which is slow and serves as a reference. Both are exact.
 */
export type InverseMethod = (typeof inverseMethods)[number];

/** The ways to invert a corner convolution, by name. */
export const inverseMethods = ['wavefront', 'sequential'] as const;

/** What a graph is prepared for. */
export interface PrepareOptions {
  /** Default: cpu. */
  readonly device?: Device | undefined;
  /** What it is computed in. Default: float32. */
  readonly precision?: Precision | undefined;
  /** How corner convolutions are inverted. Default: wavefront. */
  readonly inverse?: InverseMethod | undefined;
}

/** The program that computes the same values with operations that suit a device, none of them composite. */
export function prepare(
  definition: ProgramDefinition,
  { device = defaultDevice, precision = 'float32', inverse = 'wavefront' }: PrepareOptions = {},
): ProgramDefinition {
  const style = graphStyle(device);
  const options = { style, precision, sequential: inverse === 'sequential' };
  const expanded = passed(definition, (order, roots) => expansion(order, roots, options));
  const stacked = style.stacks ? withStacks(expanded) : expanded;
  const simplified = passed(stacked, buildSimplification(stacked));
  // The operations of gradients have not been simplified yet. An input is not computed, so nothing before it
  // is needed.
  const simple = passed(simplified, buildSimplification(simplified), Object.values(simplified.inputs));
  return style.batchLast ? passed(simple, shiftedProducts, Object.values(simple.inputs)) : simple;
}

/** A program that computes equal subgraphs at once; its gradients are still to be found. */
function withStacks(expanded: ProgramDefinition): ProgramDefinition {
  // Simplified first: that moves scales from images to weights.
  const simplify = buildSimplification(expanded);
  const simplified = passed(expanded, (order, results) => ({
    ...simplify(order, results),
    gradients: pulledBack,
  }));
  return passed(simplified, stacking);
}

/** The pass that simplifies a program. */
function buildSimplification({ inputs, outputs }: ProgramDefinition): Parameters<typeof rewrite>[2] {
  const variables = topologicalOrder(Object.values(outputs)).flatMap(
    (tensor) => gradientAskedFor(tensor)?.pullback.variables ?? [],
  );
  const protectedTensors = new Set([...Object.values(inputs), ...variables]);
  return (order, results) => simplification(order, results, protectedTensors);
}

/** A program after a pass over its graph; the tensors in `kept` stay, and nothing before them is rebuilt. */
function passed(
  { inputs, outputs }: ProgramDefinition,
  passFor: Parameters<typeof rewrite>[2],
  kept: readonly Tensor[] = [],
): ProgramDefinition {
  const rebuilt = new Map(kept.map((tensor) => [tensor, tensor]));
  // An input may be a tensor in the middle of the graph, with gradients flowing through it.
  rewrite([...Object.values(outputs), ...Object.values(inputs)], rebuilt, passFor);
  const replaced = (named: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, rebuilt.get(tensor)!]));
  return { inputs: replaced(inputs), outputs: replaced(outputs) };
}
