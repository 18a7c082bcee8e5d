// The program of a batch's gradients, and whether it keeps the activations of its forward pass.
import { freemem } from 'node:os';
import type { Device } from '../engine/runtime.node.ts';
import { parametersFrom } from '../flows/parameters.ts';
import type { Glow } from '../models/glow.ts';
import { sizeOf } from '../numeric/ndarray.ts';
import { gradients } from '../tensor/gradient.ts';
import { peakElements } from '../tensor/memory.ts';
import { add, product, reshape, sqrt, sum } from '../tensor/operations/index.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import { stateName } from './adamax.ts';
import { bitsPerDimOf } from './likelihood.ts';
import type { ParameterLayout } from './parameterLayout.ts';

/**
 * What becomes of the activations of a forward pass until the backward pass needs them: they are kept, or computed a
 * second time, one flow step after another, which takes longer and far less memory. `auto` keeps
 * them where there is room. The numbers are the same.
 */
export const activationChoices = ['auto', 'keep', 'recompute'] as const;

/** One of `activationChoices`. */
export type ActivationChoice = (typeof activationChoices)[number];

/** The program of the gradients, and what it does with the activations. */
export interface GradientPlan {
  /** From images, noise and weights to the loss of each image and the gradients of their mean. */
  readonly definition: ProgramDefinition;
  /** What becomes of the activations. */
  readonly activations: Exclude<ActivationChoice, 'auto'>;
  /** About the bytes that the results of its nodes take at most at the same time. */
  readonly bytes: number;
}

/** What a gradient program is made for. */
export interface GradientOptions {
  /** Images per run. */
  readonly images: number;
  /** The images that the mean is over: with fewer in a run, the gradients of the runs add up to its. */
  readonly batchSize: number;
  /** Default auto. */
  readonly activations?: ActivationChoice | undefined;
  /** Default cpu. The others keep to no order of nodes, and so gain nothing by recomputing. */
  readonly device?: Device;
  /** The bytes that there are to take; by default what the system says. */
  readonly available?: number;
}

/** Decides what becomes of the activations, and defines the program. */
export function planGradients(model: Glow, layout: ParameterLayout, options: GradientOptions): GradientPlan {
  const { activations: choice = 'auto', device = 'cpu', available = availableBytes() } = options;
  const planned = (activations: GradientPlan['activations']): GradientPlan => {
    const definition = gradientDefinition(model, layout, { ...options, activations });
    return { definition, activations, bytes: 4 * peakElements(definition) };
  };
  if (choice !== 'auto') {
    return planned(choice);
  }
  const kept = planned('keep');
  return device === 'cpu' && kept.bytes > SHARE * available ? planned('recompute') : kept;
}

/** The share of the memory there is that activations may take: the runtime holds about twice of what is alive. */
const SHARE = 0.4;

/** The bytes that this process may still take. */
function availableBytes(): number {
  // Node 20.13 brought the first, which knows the limits of a container.
  return process.availableMemory?.() ?? freemem();
}

/**
 * The program of the gradients: from `image`, `noise` and the groups of weights to `bitsPerDim` of each image, the
 * gradients of their mean as `gradients/…`, and their norm `gradientNorm`.
 */
export function gradientDefinition(
  model: Glow,
  layout: ParameterLayout,
  { images, batchSize, activations }: Pick<GradientOptions, 'images' | 'batchSize' | 'activations'>,
): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const { image, noise, bitsPerDim } = bitsPerDimOf(model, images, parametersFrom(tensors));
  const variables = layout.trained.map((name) => inputs[name]!);
  const recompute = activations === 'recompute';
  const found = gradients(sum(bitsPerDim), variables, constant(1 / batchSize), { recompute });
  const squares = found.map(sumOfSquares).reduce(add);
  const outputs: Record<string, Tensor> = { bitsPerDim, gradientNorm: sqrt(squares) };
  layout.trained.forEach((name, index) => {
    outputs[stateName('gradients', name)] = found[index]!;
  });
  return { inputs: { image, noise, ...inputs }, outputs };
}

/** Σ x² as a product of a row with a column: the squares are never all there at once. */
function sumOfSquares(x: Tensor): Tensor {
  const count = sizeOf(x.shape);
  return reshape(product(reshape(x, [1, count]), reshape(x, [count, 1])), []);
}
