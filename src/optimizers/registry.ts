// The optimisers by name: what `training.optimizer` chooses from.
import { z } from 'zod';
import { adamaxChoice } from './adamax.ts';
import { adamwChoice } from './adamw.ts';
import type { Optimizer, OptimizerChoice } from './optimizer.ts';

/** The optimisers by the names that configurations and checkpoints have for them. */
export const optimizers = {
  adamax: adamaxChoice,
  adamw: adamwChoice,
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

/** The keys that all optimisers have together. */
type OptionSchemas = Intersection<(typeof optimizers)[OptimizerName]['options']>;

const choices: readonly OptimizerChoice[] = Object.values(optimizers);

/** The options of all optimisers by key; each may be left out, and a resume may change it. */
export const optionSchemas = Object.fromEntries(
  choices.flatMap(({ options }) =>
    Object.entries(options).map(([key, schema]) => [
      key,
      z.exactOptional((schema as z.ZodType).meta({ ...z.globalRegistry.get(schema), changeable: true })),
    ]),
  ),
) as { [Key in keyof OptionSchemas]: z.ZodExactOptional<OptionSchemas[Key]> };

/** What holds for each option of an optimiser where nothing is said. */
export const optionDefaults: Readonly<Record<string, unknown>> = Object.assign(
  {},
  ...choices.map(({ defaults }) => defaults),
);

/** The optimiser that a configuration's `training` chooses, for a run with so many steps per epoch. */
export function optimizerOf(
  training: { readonly optimizer: OptimizerName },
  stepsPerEpoch: number,
): Optimizer {
  const choice: OptimizerChoice = optimizers[training.optimizer];
  return choice.create(z.object(choice.options).parse(training), stepsPerEpoch);
}
