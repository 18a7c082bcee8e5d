// The optimisers by name: what `training.optimizer` chooses from.
import * as z from 'zod/mini';
import { adamaxChoice } from './adamax.ts';
import { adamwChoice } from './adamw.ts';
import { muonChoice } from './muon.ts';
import type { Optimizer, OptimizerChoice } from './optimizer.ts';

/** The optimisers by their names in configurations and checkpoints. */
export const optimizers = {
  adamax: adamaxChoice,
  adamw: adamwChoice,
  muon: muonChoice,
} satisfies Record<string, OptimizerChoice>;

/** The name of an optimiser. */
export type OptimizerName = keyof typeof optimizers;

/** The names of all optimisers. */
export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (
  whole: infer Whole,
) => void
  ? Whole
  : never;

/** The union of all optimisers' keys. */
type OptionSchemas = Intersection<(typeof optimizers)[OptimizerName]['options']>;

const choices: readonly OptimizerChoice[] = Object.values(optimizers);

/** The options of all optimisers by key; each is optional, has its default, and may be changed by a resume. */
export const optionSchemas = Object.fromEntries(
  choices.flatMap(({ options, defaults }) =>
    Object.entries(options).map(([key, schema]) => [
      key,
      z
        .exactOptional(schema)
        .check(z.meta({ default: (defaults as Record<string, unknown>)[key], changeable: true })),
    ]),
  ),
) as { [Key in keyof OptionSchemas]: z.ZodMiniExactOptional<OptionSchemas[Key]> };

/**
 * The optimiser that a configuration's `training` chooses, for a run with `stepsPerEpoch` steps per epoch.
 */
export function optimizerOf(
  training: { readonly optimizer: OptimizerName; readonly learningRate: number },
  stepsPerEpoch: number,
): Optimizer {
  const choice: OptimizerChoice = optimizers[training.optimizer];
  return choice.create(z.object(choice.options).parse(training), {
    stepsPerEpoch,
    learningRate: training.learningRate,
  });
}
