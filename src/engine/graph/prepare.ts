// From what a graph says to how a device computes it: composite operations are made of others, gradients found, and what
// can be left out or merged is.
import type { ProgramDefinition } from '../../tensor/program.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Device, styleOf } from '../devices/device.ts';
import { expansion } from './expand.ts';
import { rewrite } from './rewrite.ts';
import { simplification } from './simplify.ts';

/**
 * How a corner convolution is undone: by anti-diagonals, as part of the program, or one value after another on the host
 * in float64, which is slow and there to compare with. Both are exact.
 */
export type InverseMethod = (typeof inverseMethods)[number];

/** The ways to undo a corner convolution, by name. */
export const inverseMethods = ['wavefront', 'sequential'] as const;

/** What a graph is prepared for. */
export interface PrepareOptions {
  /** Default cpu. */
  readonly device?: Device | undefined;
  /**
   * Whether gradients go through all of the graph, though it asks for none: it then computes to the bit what the same
   * graph with gradients computes. Default false.
   */
  readonly differentiated?: boolean | undefined;
  /** How corner convolutions are undone; default wavefront. */
  readonly inverse?: InverseMethod | undefined;
}

/** The program that gives the same values with operations that suit a device, none of them composite. */
export function prepare(
  definition: ProgramDefinition,
  { device = 'cpu', differentiated = false, inverse = 'wavefront' }: PrepareOptions = {},
): ProgramDefinition {
  const options = { style: styleOf(device), differentiated, sequential: inverse === 'sequential' };
  const expanded = passed(definition, new Map(), (order, roots) => expansion(order, roots, options));
  const found = passed(expanded, new Map(), simplification);
  // What gradients are made of has not been simplified. What is given is not computed, so nothing before it is needed.
  const given = Object.values(found.inputs);
  return passed(found, new Map(given.map((tensor) => [tensor, tensor])), simplification);
}

/** A program after a pass over its graph. */
function passed(
  { inputs, outputs }: ProgramDefinition,
  made: Map<Tensor, Tensor>,
  passFor: Parameters<typeof rewrite>[2],
): ProgramDefinition {
  // An input may be a tensor in the middle, which gradients go through.
  rewrite([...Object.values(outputs), ...Object.values(inputs)], made, passFor);
  const renewed = (named: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
    Object.fromEntries(Object.entries(named).map(([name, tensor]) => [name, made.get(tensor)!]));
  return { inputs: renewed(inputs), outputs: renewed(outputs) };
}
