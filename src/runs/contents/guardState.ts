// The memory of the guard against divergence, as checkpoints store it.
import * as z from 'zod/mini';

const count = z.int().check(z.minimum(0));
const rangeSchema = z.strictObject({ seen: count, mean: z.number(), deviation: z.number() });

/** The form of a `GuardState` in a checkpoint. */
export const guardSchema = z.strictObject({
  /** The configuration's learning rate that the factor applies to. */
  learningRate: z.number(),
  /** The range of the loss of batches, in bits/dim. */
  loss: rangeSchema,
  /** The range of the natural logarithm of the gradient's norm. */
  logNorm: rangeSchema,
  /** How much trouble there has been recently. */
  strain: count,
  /** Dropped steps in the whole run. */
  dropped: count,
  /** The number of rollbacks with this learning rate. */
  rollbacks: count,
  /** The factor on the schedule's learning rate. */
  rateFactor: z.number(),
  /** After a rollback, the step rolled back to, until a later state has proved sound; null otherwise. */
  wentBackTo: z.nullable(count),
});

/** The state that the guard carries from step to step. */
export type GuardState = Readonly<z.infer<typeof guardSchema>>;

/** The guard of a new run with this learning rate in its configuration. */
export function newGuard(learningRate: number): GuardState {
  const unseen = { seen: 0, mean: 0, deviation: 0 };
  return {
    learningRate,
    loss: unseen,
    logNorm: unseen,
    strain: 0,
    dropped: 0,
    rollbacks: 0,
    rateFactor: 1,
    wentBackTo: null,
  };
}
