// The gradients of a batch by one program, which keeps the forward activations.
import { type CompileOptions, compilePrepared } from '../../engine/program.ts';
import { parametersFrom } from '../../flows/parameters.ts';
import type { Glow } from '../../models/glow.ts';
import type { NdArray } from '../../numeric/ndarray.ts';
import { gradients } from '../../tensor/gradient.ts';
import { sum } from '../../tensor/operations/index.ts';
import type { ProgramDefinition } from '../../tensor/program.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import { type Batch, bitsPerDimOf } from '../likelihood.ts';
import { arrayName, type Groups, type ParameterLayout } from '../parameterLayout.ts';

/** Computes the gradients of batches. */
export interface GradientProgram {
  /** bits/dim of each image of a batch; writes the gradients of the loss to the groups' arrays in `into`. */
  run(batch: Batch, weights: Groups, into: Groups): Promise<NdArray>;
  /** Frees its resources. */
  release(): Promise<void>;
}

/** Compiles one program for the whole `gradientDefinition`, which is prepared for the device. */
export async function compileWhole(
  definition: ProgramDefinition,
  layout: ParameterLayout,
  options: CompileOptions,
): Promise<GradientProgram> {
  const program = await compilePrepared(definition, options);
  return {
    async run(batch, weights, into) {
      const named = layout.trained.map((group) => [arrayName('gradients', group), into[group]!]);
      return (await program.run({ ...batch, ...weights }, Object.fromEntries(named))).bitsPerDim!;
    },
    release: () => program.release(),
  };
}

/**
 * The program of the gradients: from `image`, `noise` and the groups of weights to `bitsPerDim` of each image and the
 * gradients of their mean as `gradients/…`.
 */
export function gradientDefinition(
  model: Glow,
  layout: ParameterLayout,
  { images, batchSize }: { readonly images: number; readonly batchSize: number },
): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const { image, noise, bitsPerDim } = bitsPerDimOf(model, images, parametersFrom(tensors));
  const variables = layout.trained.map((name) => inputs[name]!);
  const found = gradients(sum(bitsPerDim), variables, constant(1 / batchSize));
  const outputs: Record<string, Tensor> = { bitsPerDim };
  layout.trained.forEach((name, index) => {
    outputs[arrayName('gradients', name)] = found[index]!;
  });
  return { inputs: { image, noise, ...inputs }, outputs };
}
