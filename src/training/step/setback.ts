// Going back to an earlier state of a training that goes wrong, and the end of one that nothing helps.
import { call, phrase, UserError } from '../../errors.ts';
import { appendJsonLine } from '../../storage/jsonLines.ts';
import { isAnchor } from '../milestones.ts';
import type { ParameterLayout } from '../parameterLayout.ts';
import { readSoundCheckpoint, stateFrom } from '../run/checkpoint.ts';
import { listCheckpoints } from '../run/runFolder.ts';
import type { TrainingParts } from '../trainingParts.ts';
import type { TrainingState } from '../trainingState.ts';
import { afterSetback, isExhausted, mayGoBackTo } from './guard.ts';
import { notFiniteInState } from './notFinite.ts';

/** What the log says of going back. */
export interface Setback extends Record<string, unknown> {
  /** The step after which it happened; the next one takes the next batch. */
  readonly step: number;
  /** The step whose weights it goes on from. */
  readonly backToStep: number;
  /** What the learning rate of the schedule is multiplied by from now on. */
  readonly rateFactor: number;
  /** What went wrong. */
  readonly reason: string;
}

/**
 * Goes on from the last sound state that the training may go back to, with a lower rate; from the start where there
 * is none. Steps, batches and schedule go on as if nothing had been. The log says so.
 *
 * @param reason what went wrong, for the log and the error
 * @throws UserError if that has been tried as often as it may; the sound state is saved, and the error names it
 */
export async function goBack(parts: TrainingParts, reason: string): Promise<Setback> {
  const { trainer, checkpoints, paths, config } = parts;
  const { step, guard } = trainer.state;
  const { learningRate } = config.training;
  const sound = lastSoundState(parts) ?? (await parts.startAgain());
  const after = afterSetback(guard, sound.guard, sound.step);
  trainer.replace({ ...sound, step, guard: after });
  const setback: Setback = { step, backToStep: sound.step, rateFactor: after.rateFactor, reason };
  // Also where this is the end: the state that is saved has gone back once more, and log and state count alike.
  appendJsonLine(paths.metrics, setback);
  if (isExhausted(guard)) {
    const lower = Number(Math.min(learningRate * after.rateFactor, 0.001).toPrecision(1));
    const what =
      `the training diverged at step ${step}: ${reason}; with training.learningRate=${learningRate} it had gone back ` +
      `${guard.setbacks} times before, to half the rate each time`;
    const saved = checkpoints.save(trainer.state);
    const again = call('resumeRun', paths.directory, { training: { learningRate: lower } });
    throw new UserError(
      'diverged',
      phrase`${what}. ${saved} holds the weights of step ${sound.step}: ${again} goes on from them with a lower rate`,
    );
  }
  return setback;
}

/** The last state of an anchor that is whole, without trouble at its time, and not tried in vain already. */
function lastSoundState({ trainer, schedule, paths }: TrainingParts): TrainingState | undefined {
  const { step: now, guard } = trainer.state;
  for (const { step, path } of listCheckpoints(paths).toReversed()) {
    if (step > now || !isAnchor(step, schedule) || !mayGoBackTo(guard, step)) {
      continue;
    }
    const state = readState(path, trainer.layout);
    if (state !== null && isSound(state) && notFiniteInState(state, trainer.layout) === null) {
      return state;
    }
  }
  return undefined;
}

function isSound({ guard }: TrainingState): boolean {
  return guard.strain === 0 && guard.wentBackTo === null;
}

/** The state in a checkpoint; null where that is damaged. */
function readState(path: string, layout: ParameterLayout): TrainingState | null {
  try {
    return stateFrom(readSoundCheckpoint(path), layout);
  } catch (error) {
    if (error instanceof UserError) {
      return null;
    }
    throw error;
  }
}

/**
 * Refuses to call a run done that has trained nothing.
 *
 * @throws UserError if it made no update, or its bits/dim on validation images are not finite
 */
export function requireTrained({ updates }: TrainingState, bitsPerDim: number | null): void {
  const finite = bitsPerDim === null || Number.isFinite(bitsPerDim);
  if (updates === 0 || !finite) {
    const what = finite ? 'no step was taken' : 'its bits/dim on validation images are not finite';
    throw new UserError(
      'diverged',
      `the training diverged: ${what}; start again with a lower training.learningRate or a longer warm-up`,
    );
  }
}
