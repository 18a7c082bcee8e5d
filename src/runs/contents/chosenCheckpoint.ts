// Chooses the checkpoint of a run: the last one, the last sound one, a step's, or the best one.
import { option, phrase, UserError } from '../../core/errors.ts';
import type { HeaderCheck } from '../../data/files/index.ts';
import { bitsIn } from '../../flows/models/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { RunStore } from './runStore.ts';

/**
 * Which checkpoint of a run: a step, or `best`, the checkpoint with the lowest validation bits/dim in `metrics.jsonl`.
 * Only some steps have a checkpoint; validated steps do.
 */
export type StepChoice = number | 'best';

/** Which checkpoint to read, and how. */
interface CheckpointChoice {
  /** By default the last one. */
  readonly step?: StepChoice | undefined;
  /** Called before the arrays are read. */
  readonly check: HeaderCheck;
  /** Whether to accept a wrong checksum. */
  readonly acceptDamage?: boolean | undefined;
}

/**
 * Reads the chosen checkpoint of a run, to use its model.
 *
 * @throws UserError (`not-found`) if the run has none of that step: the error lists those it has; UserError if the
 *   run has no checkpoint at all, none was validated, or the chosen one is corrupt
 */
export async function readChosenCheckpoint(
  store: RunStore,
  { step, check, acceptDamage }: CheckpointChoice,
): Promise<Checkpoint> {
  const steps = await store.checkpointSteps();
  if (steps.length === 0) {
    throw new UserError(
      'not-ready',
      phrase`${store.name} has no checkpoint yet; resume it with: ${store.resumption()}`,
    );
  }
  if (step === undefined) {
    return readLatest(store, steps, check, acceptDamage);
  }
  if (step !== 'best' && !steps.includes(step)) {
    throw new UserError(
      'not-found',
      `${store.name} has no checkpoint at step ${step}; available: ${listed(steps)}`,
    );
  }
  return store.readCheckpoint(step === 'best' ? await findBestStep(store, steps) : step, check, acceptDamage);
}

/**
 * The latest checkpoint: an earlier one would be a different model. If it is corrupt, the error names the one to fall
 * back on.
 */
async function readLatest(
  store: RunStore,
  steps: readonly number[],
  check: HeaderCheck,
  acceptDamage?: boolean,
): Promise<Checkpoint> {
  const earlier = steps.at(-2);
  try {
    return await store.readCheckpoint(steps.at(-1)!, check, acceptDamage);
  } catch (error) {
    throw isDamage(error) && earlier !== undefined
      ? new UserError(error.code, phrase`${error.phrase}, or delete it to go back to step ${earlier}`, {
          cause: error,
        })
      : error;
  }
}

/** The validated step with the lowest bits/dim; of equal ones the last. */
async function findBestStep(store: RunStore, steps: readonly number[]): Promise<number> {
  const measured = new Map<number, number>();
  for (const line of await store.readMetrics()) {
    const { step } = line;
    const value = bitsIn(line, 'validationBitsPerDim');
    if (typeof value === 'number' && Number.isFinite(value)) {
      measured.set(Number(step), value);
    }
  }
  const best = steps
    .filter((step) => measured.has(step))
    .reduce<number | undefined>(
      (least, step) => (least === undefined || measured.get(step)! <= measured.get(least)! ? step : least),
      undefined,
    );
  if (best === undefined) {
    throw new UserError(
      'not-ready',
      phrase`${store.name} has no best checkpoint: ${store.metricsPath} has no validation of a checkpoint; choose a step, for example ${option('step', steps.at(-1)!)}; available: ${listed(steps)}`,
    );
  }
  return best;
}

/** `step 4`, `steps 2, 4 and 6`. */
function listed(steps: readonly number[]): string {
  return steps.length === 1
    ? `step ${steps[0]}`
    : `steps ${steps.slice(0, -1).join(', ')} and ${steps.at(-1)}`;
}

/** The latest sound checkpoint of a run, and what is wrong with each later one. */
interface SoundCheckpoint {
  /** Undefined if the run has no checkpoint at all. */
  readonly checkpoint?: Checkpoint;
  readonly damages: readonly string[];
}

/**
 * Reads the latest sound checkpoint of a run.
 *
 * @param check called before the arrays of a checkpoint are read
 * @throws UserError if the run has checkpoints and none of them is sound, if one cannot be read, as without permission, or
 *   what `check` throws: an earlier one would be of the same model
 */
export async function latestSoundCheckpoint(store: RunStore, check: HeaderCheck): Promise<SoundCheckpoint> {
  const damages: string[] = [];
  for (const step of (await store.checkpointSteps()).toReversed()) {
    try {
      return { checkpoint: await store.readCheckpoint(step, check), damages };
    } catch (error) {
      if (!isDamage(error)) {
        throw error;
      }
      damages.push(error.message);
    }
  }
  if (damages.length > 0) {
    throw new UserError(
      'invalid-data',
      `no usable checkpoint in ${store.name}; the latest: ${damages[0]}; or ${store.restart}`,
    );
  }
  return { damages };
}

/** Whether an error says that a file is corrupt. One that cannot be read may be sound: training must not go back behind it. */
function isDamage(error: unknown): error is UserError {
  return error instanceof UserError && error.code === 'invalid-data';
}
