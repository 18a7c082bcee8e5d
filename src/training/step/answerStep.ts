// What follows from how a step went: trouble is told and logged, and the training goes back where it must.

import { isAnchor } from '../milestones.ts';
import type { TrainingEvents } from '../trainingEvents.ts';
import type { TrainingParts } from '../trainingParts.ts';
import { atAnchor } from './guard.ts';
import type { StepOutcome } from './guardedStep.ts';
import { notFiniteInState } from './notFinite.ts';
import { goBack } from './setback.ts';

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
      `step ${step}: back to the weights of step ${backToStep}, from now on with ${rateFactor} times the learning ` +
        `rate (${reason})`,
    );
  } else if (atAnAnchor) {
    trainer.remember(atAnchor(trainer.state.guard));
  }
}
