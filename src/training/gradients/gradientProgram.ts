// The gradients of a batch by one program, which keeps the forward activations.
import type { AnyArray, ProgramArrays } from '../../engine/arrays.ts';
import type { DeviceMemory } from '../../engine/deviceMemory.ts';
import { type CompileOptions, compilePrepared } from '../../engine/program.ts';
import type { Flow } from '../../models/flow.ts';
import { arrayName, type ParameterLayout } from '../../models/parameterLayout.ts';
import type { ProgramDefinition } from '../../tensor/programDefinition.ts';
import { constant, type Tensor } from '../../tensor/tensor.ts';
import type { Batch } from '../../trained/likelihood/likelihood.ts';
import type { Loss } from './loss.ts';

/** Where the results of a batch go. */
export interface GradientTarget {
  /** bits/dim of each image. */
  readonly bitsPerDim: AnyArray;
  /** The gradients of the loss, by group. */
  readonly gradients: ProgramArrays;
}

/** How gradients are compiled. */
export interface GradientEngine extends CompileOptions {
  /** The memory that the results go to, if they stay on the device: so does everything between. */
  readonly memory?: DeviceMemory;
}

/** Computes the gradients of batches. */
export interface GradientProgram {
  /** Writes bits/dim of each image of a batch and the gradients of the loss. */
  run(batch: Batch, weights: ProgramArrays, into: GradientTarget): Promise<void>;
  /** Frees its resources. */
  release(): Promise<void>;
}

/** Compiles one program for the whole `gradientDefinition`, which is prepared for the device. */
export async function compileWhole(
  definition: ProgramDefinition,
  layout: ParameterLayout,
  { memory, ...options }: GradientEngine,
): Promise<GradientProgram> {
  const program = await compilePrepared(definition, {
    ...options,
    ...(memory && { onDevice: Object.keys(definition.outputs) }),
  });
  return {
    async run(batch, weights, { bitsPerDim, gradients }) {
      const named = layout.trained.map((group) => [arrayName('gradients', group), gradients[group]!]);
      await program.run({ ...batch, ...weights }, { bitsPerDim, ...Object.fromEntries(named) });
    },
    release: () => program.release(),
  };
}

/**
 * The program of the gradients: from a batch and the groups of weights to `bitsPerDim` of each image and the
 * gradients of their mean as `gradients/…`.
 */
export function gradientDefinition(
  model: Flow,
  layout: ParameterLayout,
  loss: Loss,
  { images, batchSize }: { readonly images: number; readonly batchSize: number },
): ProgramDefinition {
  const { inputs, tensors } = layout.inputs();
  const { inputs: batch, bitsPerDim, gradientsBy } = loss(model, images, tensors);
  const variables = layout.trained.map((name) => inputs[name]!);
  const found = gradientsBy(variables, constant(1 / batchSize));
  const outputs: Record<string, Tensor> = { bitsPerDim };
  layout.trained.forEach((name, index) => {
    outputs[arrayName('gradients', name)] = found[index]!;
  });
  return { inputs: { ...batch, ...inputs }, outputs };
}
