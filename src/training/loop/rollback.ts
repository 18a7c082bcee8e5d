// Handling a step that goes wrong: report it, roll back to an earlier state, or give up.
import { phrase, UserError } from '../../core/errors.ts';
import type { TrainingStart, TrainingState } from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import { requireArrays, restore } from '../../runs/contents/stored.ts';
import type { Config } from '../../runs/settings/index.ts';
import { optimizers } from '../../tensor/optimizers/index.ts';
import { shareState, startOfLeader } from '../ranks.ts';
import { afterRollback, atAnchor, isExhausted, mayGoBackTo } from '../step/guard.ts';
import { notFiniteInState } from '../step/notFinite.ts';
import type { StepOutcome } from './guardedStep.ts';
import { isAnchor } from './milestones.ts';
import { guardedOnImages, lastChangeOfImages } from './recordTraining.ts';
import type { TrainingEvents } from './trainingEvents.ts';
import type { TrainingParts } from './trainingParts.ts';

/**
 * Reports a dropped step, and rolls back to an earlier state if needed; at an anchor, also if the state is
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
  const unsound = atAnAnchor ? notFiniteInState(await trainer.state(), trainer.layout) : null;
  const reason = mustGoBack ? dropped : unsound;
  if (reason) {
    const { backToStep, rateFactor } = await goBack(parts, reason);
    events.onTrouble?.(
      step,
      `step ${step}: rolled back to the weights of step ${backToStep}, now with ${rateFactor} times the learning ` +
        `rate (${reason})`,
    );
  } else if (atAnAnchor) {
    trainer.remember(atAnchor(trainer.progress.guard));
  }
}

/**
 * Rolls back to the last sound state that training may roll back to, with a lower learning rate; to the start
 * if there is none. Steps, batches and schedule continue as if nothing had happened. The rollback is logged.
 *
 * @param reason what went wrong, for the log and the error
 * @returns the step whose weights are restored, and the factor on the schedule's learning rate from now on
 * @throws UserError if the limit of rollbacks is reached; the sound state is saved, and the error names it
 */
async function goBack(parts: TrainingParts, reason: string) {
  const { trainer, checkpoints, store, config, ranks } = parts;
  const { step, guard } = trainer.progress;
  const { learningRate } = config.training;
  // A run that starts from another model has a checkpoint of its start.
  const find = async (): Promise<TrainingStart> =>
    guardedOnImages(
      (await lastSoundState(parts)) ?? (await readState(store, 0, config)) ?? (await parts.startAgain()),
      await lastChangeOfImages(store),
    );
  const sound = await startOfLeader(ranks, trainer.layout, find);
  const after = afterRollback(guard, sound.guard, sound.step);
  await trainer.replace({ ...sound, step, guard: after });
  await shareState(ranks, trainer);
  const rollback = { backToStep: sound.step, rateFactor: after.rateFactor };
  // Also on the last one: the saved state counts this rollback too, so log and state agree.
  await store.appendMetrics({ step, ...rollback, reason });
  if (isExhausted(guard)) {
    const lowered = (rate: number): number => Number(Math.min(rate * after.rateFactor, 0.001).toPrecision(1));
    // A changed rate applies in full: rates that keep their values would rise again.
    const { definition, options } = optimizers.resolve(config.training.optimizer);
    const others = (definition.learningRates ?? []).map((name) => [name, lowered(Number(options[name]))]);
    const training = {
      learningRate: lowered(learningRate),
      ...(others.length > 0 && { optimizer: Object.fromEntries(others) }),
    };
    const problem =
      `the training diverged at step ${step}: ${reason}; with training.learningRate=${learningRate} it had already ` +
      `rolled back ${guard.rollbacks} times, halving the rate each time`;
    const saved = await checkpoints.save(await trainer.state());
    const again = store.resumption({ training });
    throw new UserError(
      'diverged',
      phrase`${problem}. ${saved} holds the weights of step ${sound.step}: ${again} resumes from them with a lower rate`,
    );
  }
  return rollback;
}

/**
 * The last anchor state that is intact, was untroubled when saved, and has not already been tried in vain.
 */
async function lastSoundState({
  trainer,
  schedule,
  store,
  config,
}: TrainingParts): Promise<TrainingState | undefined> {
  const { step: now, guard } = trainer.progress;
  for (const step of (await store.checkpointSteps()).toReversed()) {
    if (step > now || !isAnchor(step, schedule) || !mayGoBackTo(guard, step)) {
      continue;
    }
    const state = await readState(store, step, config);
    if (state !== null && isSound(state) && notFiniteInState(state, trainer.layout) === null) {
      return state;
    }
  }
  return undefined;
}

function isSound({ guard }: TrainingState): boolean {
  return guard.strain === 0 && guard.wentBackTo === null;
}

/** The state in the checkpoint of a step; null if it is corrupt or belongs to another model. */
async function readState(store: RunStore, step: number, { model }: Config): Promise<TrainingState | null> {
  try {
    const checkpoint = await store.readCheckpoint(step, requireArrays(model, store.name));
    return restore(checkpoint, model, store.name).state;
  } catch (error) {
    if (error instanceof UserError) {
      return null;
    }
    throw error;
  }
}

/**
 * Rejects a run that has finished without training anything.
 *
 * @throws UserError without an update, or its likelihood of validation images is not finite
 */
export function requireTrained({ updates }: TrainingState, bitsPerDim: number | null): void {
  const finite = bitsPerDim === null || Number.isFinite(bitsPerDim);
  if (updates === 0 || !finite) {
    const problem = finite ? 'no step was taken' : 'its likelihood of validation images is not finite';
    throw new UserError(
      'diverged',
      `the training diverged: ${problem}; start again with a lower training.learningRate or a longer warm-up`,
    );
  }
}
