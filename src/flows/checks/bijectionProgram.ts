// A bijection as programs: its values, and the gradients of a loss over every part of the result.

import type { NdArray } from '../../core/numeric/index.ts';
import { type CompileOptions, compile, type NamedArrays, type Program } from '../../tensor/engine/index.ts';
import { gradients } from '../../tensor/gradients/gradient.ts';
import { constant, input, type Tensor } from '../../tensor/index.ts';
import { add, multiply, sum } from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { parametersFrom } from '../contract/parameters.ts';

/** The graph of a bijection for a batch: inputs `x`, `target`, the parameters and the conditions; results. */
export interface BijectionGraph {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly y: Tensor;
  readonly logDet: Tensor;
  readonly logDetMap?: Tensor;
  /** inverse(target). */
  readonly inverse: Tensor;
}

/** The name of a parameter in a program: one of them may have the same name as another input. */
export function parameterName(path: string): string {
  return `parameters/${path}`;
}

/** Parameters under their names in a program. */
export function asFeeds(parameters: Readonly<Record<string, NdArray>>): NamedArrays {
  return Object.fromEntries(Object.entries(parameters).map(([path, array]) => [parameterName(path), array]));
}

/** The conditions of a batch under their names in a program. */
export function asConditionFeeds(condition: Readonly<Record<string, NdArray>>): NamedArrays {
  return Object.fromEntries(Object.entries(condition).map(([name, array]) => [`condition/${name}`, array]));
}

/** Builds the graph of a bijection for a batch of `images`, or an open one, with the conditions that it declares. */
export function buildGraph(layer: Bijection, images: number): BijectionGraph {
  const tensors = Object.fromEntries(
    Object.entries(layer.parameters).map(([path, { shape }]) => [path, input(path, shape)]),
  );
  const x = input('x', [images, ...layer.inputShape]);
  const target = input('target', [images, ...layer.outputShape]);
  const condition = Object.fromEntries(
    Object.entries(layer.conditions ?? {}).map(([name, shape]) => [
      name,
      input(`condition/${name}`, [images, ...shape]),
    ]),
  );
  const p = parametersFrom(tensors);
  const named = [
    ...Object.entries(tensors).map(([path, tensor]) => [parameterName(path), tensor]),
    ...Object.entries(condition).map(([name, tensor]) => [`condition/${name}`, tensor]),
  ];
  return {
    inputs: { x, target, ...Object.fromEntries(named) },
    ...layer.forward(x, p, condition),
    inverse: layer.inverse(target, p, condition),
  };
}

/** The program that computes `y`, `logDet`, its map if there is one, and `inverse`. */
export function compileValues(
  { inputs, ...outputs }: BijectionGraph,
  options: CompileOptions,
): Promise<Program> {
  return compile({ inputs, outputs: { ...outputs } }, options);
}

/**
 * The program that computes these and, as `gradient NAME` for every name, the gradient of Σ y·weight + Σ
 * logDet, both sums over the batch, with respect to that input.
 */
export function compileGradients(
  { inputs, ...values }: BijectionGraph,
  names: readonly string[],
  options: CompileOptions,
): Promise<Program> {
  const { y, logDet } = values;
  const weight = input('weight', y.shape);
  const total = logDet.rank === 0 ? multiply(logDet, y.shape[0]!) : sum(logDet);
  const loss = add(sum(multiply(y, weight)), total);
  const variables = names.map((name) => inputs[name]!);
  const gradientEntries = gradients(loss, variables, constant(1)).map((gradient, index) => [
    `gradient ${names[index]}`,
    gradient,
  ]);
  const outputs = { ...values, ...Object.fromEntries(gradientEntries) };
  return compile({ inputs: { ...inputs, weight }, outputs }, options);
}
