// The gradients of a batch: what is asked for, how they are computed, and the programs that do it.

import type { Flow, ParameterLayout } from '../../flows/models/index.ts';
import type { Batch } from '../../model/likelihood/index.ts';
import type { AnyArray, CompileOptions, DeviceMemory, ProgramArrays } from '../../tensor/engine/index.ts';
import type { Loss } from './loss.ts';

/**
 * How the activations of the forward pass reach the backward pass: they are kept, or recomputed
 * (checkpointing), one stage of the model at a time, which takes longer and far less memory. `auto` keeps
 * them if there is room. The results are the same.
 */
export const activationChoices = ['auto', 'keep', 'recompute'] as const;

/** One of `activationChoices`. */
export type ActivationChoice = (typeof activationChoices)[number];

/** What gradients are computed of, and where. */
export interface GradientRequest extends CompileOptions {
  readonly model: Flow;
  /** The layout of the weights and gradients. */
  readonly layout: ParameterLayout;
  /** Images per run. */
  readonly images: number;
  /** The images that the mean is over: with fewer per run, the runs' gradients sum to its gradient. */
  readonly batchSize: number;
  /** By default the likelihood, the only one with recomputed activations and several workers. */
  readonly loss?: Loss | undefined;
  /** Default auto. The memory of devices other than the CPU is unknown: there, `auto` keeps the activations. */
  readonly activations?: ActivationChoice | undefined;
  /** The number of data-parallel workers; by default what is likely to be fastest. */
  readonly workers?: number | undefined;
  /** The available bytes; by default as reported by the system. */
  readonly available?: number | undefined;
  /** The memory that the results go to, if they stay on the device: so does everything between. */
  readonly memory?: DeviceMemory | undefined;
}

/** How gradients are computed. */
export interface GradientPlan {
  /** Whether activations are kept or recomputed. */
  readonly activations: Exclude<ActivationChoice, 'auto'>;
  /** The number of data-parallel workers; 1 if all threads work on the same images. */
  readonly workers: number;
  /**
   * Approximate peak bytes of images, activations and gradients, not counting the training state; of all workers together,
   * with their own weights and gradients.
   */
  readonly bytes: number;
  /** Why there is one worker, if there would otherwise be several by default. */
  readonly whyOneWorker?: string | undefined;
  /** Compiles the programs. */
  compile(): Promise<GradientProgram>;
}

/** Computes the gradients of batches. */
export interface GradientProgram {
  /** Writes bits/dim of each image of a batch and the gradients of the loss. */
  run(batch: Batch, weights: ProgramArrays, into: GradientTarget): Promise<void>;
  /** Frees its resources. */
  release(): Promise<void>;
}

/** Where the results of a batch go. */
export interface GradientTarget {
  /** bits/dim of each image. */
  readonly bitsPerDim: AnyArray;
  /** The gradients of the loss, by group. */
  readonly gradients: ProgramArrays;
}
