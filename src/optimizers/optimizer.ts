// Optimisers: rules by which gradients change weights, and how a configuration chooses one.
import * as z from 'zod/mini';
import type { ProgramDefinition } from '../tensor/programDefinition.ts';

/** What checkpoints record of an optimiser. */
interface OptimizerKind {
  /** Its name in configurations and checkpoints. */
  readonly name: string;
  /** The moments it keeps for each weight, as named in checkpoints; all are zero before the first update. */
  readonly moments: readonly string[];
}

/** A rule by which gradients change weights, with its options. */
export interface Optimizer extends OptimizerKind {
  /**
   * The program of an update. Inputs: `weights`, `gradients` and the moments, vectors of any length, and the `scalars`;
   * where weights decay also the vector `decays`, 1 where they do and 0 elsewhere. Outputs: the new `weights` and
   * moments under the same names.
   */
  readonly program: ProgramDefinition;
  /** The program's scalars for update t = 1, 2, … with the schedule's learning rate. */
  scalars(t: number, learningRate: number): Readonly<Record<string, number>>;
}

/** An optimiser that a configuration can choose. */
export interface OptimizerChoice<Options extends z.core.$ZodShape = z.core.$ZodShape> extends OptimizerKind {
  /**
   * The keys of `training` that belong to it: meaning, values, and the expectation that completes the
   * sentence 'training.epsilon must be …'. A key shared by two optimisers means the same in both.
   */
  readonly options: Options;
  /** The defaults of the options. */
  readonly defaults: z.infer<z.ZodMiniObject<Options>>;
  /** The optimiser with these options, for a run with `stepsPerEpoch` steps per epoch. */
  create(options: z.infer<z.ZodMiniObject<Options>>, stepsPerEpoch: number): Optimizer;
}

/** Returns the choice unchanged, with the types of its options inferred. */
export function optimizerChoice<Options extends z.core.$ZodShape>(
  choice: OptimizerChoice<Options>,
): OptimizerChoice<Options> {
  return choice;
}

const epsilonText = 'a number above 0 and at most 1';

/** The option of all optimisers: ε. Declared once, since it is one key of the configuration. */
export const epsilonOption = {
  /** Added to the divisor of a step, the gradient's running size, so that tiny gradients give tiny steps. */
  epsilon: z
    .number(epsilonText)
    .check(
      z.gt(0, epsilonText),
      z.maximum(1, epsilonText),
      z.describe(
        "Added to the divisor of a step, the gradient's running size, so that tiny gradients give tiny steps.",
      ),
    ),
};
