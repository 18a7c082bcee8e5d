// Which steps of a run are special: the last, milestones and anchors; functions of the schedule alone.
import type { Schedule } from '../../experiments/schedule.ts';

/** How many validations a run has at most, and checkpoints that stay, those of the last step included. */
const MILESTONES = 5;

/** The steps between two states that a training can go back to, at most. */
const ANCHOR_STEPS = 250;

/** The last step that this call makes: that of the schedule, or the one to stop at. */
export function lastStepOf({ totalSteps }: Schedule, stopAt = Number.POSITIVE_INFINITY): number {
  return Math.min(totalSteps, stopAt);
}

/** Whether a step is validated and its checkpoint stays. */
export function isMilestone(step: number, { totalSteps }: Schedule): boolean {
  return step % Math.ceil(totalSteps / MILESTONES) === 0 || step === totalSteps;
}

/**
 * Whether a step has a checkpoint that the training may go back to: a milestone, or one in between. That no clock
 * decides it makes a run with stops go back to where one without them does.
 */
export function isAnchor(step: number, schedule: Schedule): boolean {
  return step % ANCHOR_STEPS === 0 || isMilestone(step, schedule);
}
