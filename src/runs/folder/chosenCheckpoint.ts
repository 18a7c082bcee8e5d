// The checkpoint of a run whose model is used: the last one, that of a step, or the best one.
import { option, phrase, UserError } from '../../errors.ts';
import type { HeaderCheck } from '../../storage/safetensorsHeader.ts';
import type { Checkpoint } from '../contents/checkpoint.ts';
import { readLatestCheckpoint, readStepCheckpoint } from './checkpointFile.ts';
import { type CheckpointFile, type RunFolder, requireCheckpoint } from './runFolder.ts';
import { readMetrics } from './runLogs.ts';

/**
 * Which checkpoint of a run: that of a step, or `best`, the one with the lowest bits/dim of the validation images
 * in `metrics.jsonl`. Only some steps have a checkpoint; those that were validated do.
 */
export type StepChoice = number | 'best';

/** Which checkpoint to read, and how. */
export interface CheckpointChoice {
  /** By default the last one. */
  readonly step?: StepChoice | undefined;
  /** Whether to accept a wrong checksum. */
  readonly acceptDamage?: boolean | undefined;
}

/** The same, with a check that is called before the arrays are read. */
type CheckedChoice = CheckpointChoice & { readonly check: HeaderCheck };

/**
 * Reads the chosen checkpoint of a run, to use its model.
 *
 * @throws UserError (`not-found`) if the run has none of that step: the error lists those it has; UserError if the
 *   run has no checkpoint at all, none was validated, or the chosen one is corrupt
 */
export function readChosenCheckpoint(run: RunFolder, { step, ...options }: CheckedChoice): Checkpoint {
  if (step === undefined) {
    return readLatestCheckpoint(run, options);
  }
  requireCheckpoint(run);
  return readStepCheckpoint(step === 'best' ? bestOf(run) : ofStep(run, step), options);
}

function ofStep({ checkpoints, paths }: RunFolder, step: number): CheckpointFile {
  const found = checkpoints.find((checkpoint) => checkpoint.step === step);
  if (found === undefined) {
    throw new UserError(
      'not-found',
      `${paths.directory} has no checkpoint of step ${step}: it has ${listed(checkpoints)}`,
    );
  }
  return found;
}

/** The validated checkpoint with the lowest bits/dim; of equal ones the last. */
function bestOf({ checkpoints, paths }: RunFolder): CheckpointFile {
  const written = new Set<unknown>(checkpoints.map(({ step }) => step));
  const measured = new Map<unknown, number>();
  for (const { step, validationBitsPerDim: value } of readMetrics(paths)) {
    if (written.has(step) && typeof value === 'number' && Number.isFinite(value)) {
      measured.set(step, value);
    }
  }
  const bitsPerDimOf = ({ step }: CheckpointFile): number => measured.get(step)!;
  const best = checkpoints
    .filter(({ step }) => measured.has(step))
    .reduce<CheckpointFile | undefined>(
      (least, one) => (least === undefined || bitsPerDimOf(one) <= bitsPerDimOf(least) ? one : least),
      undefined,
    );
  if (best === undefined) {
    throw new UserError(
      'not-ready',
      phrase`${paths.directory} has no best checkpoint: no validation of one is in ${paths.metrics}; choose a step, for example ${option('step', checkpoints.at(-1)!.step)}: it has ${listed(checkpoints)}`,
    );
  }
  return best;
}

/** `that of step 4`, `those of steps 2, 4 and 6`. */
function listed(checkpoints: readonly CheckpointFile[]): string {
  const steps = checkpoints.map(({ step }) => step);
  return steps.length === 1
    ? `that of step ${steps[0]}`
    : `those of steps ${steps.slice(0, -1).join(', ')} and ${steps.at(-1)}`;
}
