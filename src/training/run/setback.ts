// What follows from a step that goes wrong: it is told, the training goes back to an earlier state, or nothing helps.
import { call, phrase, UserError } from '../../errors.ts';

import { appendJsonLine } from '../../storage/jsonLines.ts';
import { stateFrom } from '../checkpoint.ts';
import type { ParameterLayout } from '../parameterLayout.ts';
import { afterSetback, atAnchor, isExhausted, mayGoBackTo } from '../step/guard.ts';
import type { StepOutcome } from '../step/guardedStep.ts';
import { notFiniteInState } from '../step/notFinite.ts';
import type { TrainingEvents } from '../trainingEvents.ts';
import type { TrainingParts } from '../trainingParts.ts';
import type { TrainingState } from '../trainingState.ts';
import { readSoundCheckpoint } from './checkpointFile.ts';
import { isAnchor } from './milestones.ts';
import { listCheckpoints } from './runFolder.ts';

/**
 * Tells of a refused step, and goes back to an earlier state where that is needed; at an anchor also if the state is
 * unsound.
 */
export async function answerStep(
  parts: TrainingParts,
  { record: { step, dropped }, mustGoBack }: StepOutcome,
  events: TrainingEvents,
): Promise<void> {
  const { trainer, schedule } = parts;
  if (dropped !== undefined) {
    events.onTrouble?.(step, `step ${step} was dropped: ${dropped}`);
  }
  const atAnAnchor = isAnchor(step, schedule);
  const unsound = atAnAnchor ? notFiniteInState(trainer.state, trainer.layout) : null;
  const reason = mustGoBack ? dropped : unsound;
  if (reason) {
    const { backToStep, rateFactor } = await goBack(parts, reason);
    events.onTrouble?.(
      step,
      `step ${step}: rolled back to the weights of step ${backToStep}, now with ${rateFactor} times the learning ` +
        `rate (${reason})`,
    );
  } else if (atAnAnchor) {
    trainer.remember(atAnchor(trainer.state.guard));
  }
}

/** What the log says of going back. */
interface Setback extends Record<string, unknown> {
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
async function goBack(parts: TrainingParts, reason: string): Promise<Setback> {
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
      `the training diverged at step ${step}: ${reason}; with training.learningRate=${learningRate} it had already ` +
      `rolled back ${guard.setbacks} times, halving the rate each time`;
    const saved = checkpoints.save(trainer.state);
    const again = call('resumeRun', paths.directory, { training: { learningRate: lower } });
    throw new UserError(
      'diverged',
      phrase`${what}. ${saved} holds the weights of step ${sound.step}: ${again} resumes from them with a lower rate`,
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
