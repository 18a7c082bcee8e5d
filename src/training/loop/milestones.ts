// The special steps of a run: the last, milestones and anchors; functions of only the schedule.
import type { Schedule } from '../../runs/settings/index.ts';

/** The most validations in a run, and milestone checkpoints, the last step's included. */
export const MILESTONES = 5;

/** The most steps between two states that training can roll back to. */
const ANCHOR_STEPS = 250;

/** The last step of this call: the schedule's last, or the one to stop at. */
export function lastStepOfCall(
  { totalSteps }: Pick<Schedule, 'totalSteps'>,
  stopAt = Number.POSITIVE_INFINITY,
): number {
  return Math.min(totalSteps, stopAt);
}

/** Whether a step is validated and its checkpoint kept. */
export function isMilestone(step: number, { totalSteps }: Schedule): boolean {
  return step % Math.ceil(totalSteps / MILESTONES) === 0 || step === totalSteps;
}

/**
 * Whether a step has a checkpoint that training may roll back to: a milestone, or one in between. It does not
 * depend on a clock, so that an interrupted run rolls back to the same step as an uninterrupted one.
 */
export function isAnchor(step: number, schedule: Schedule): boolean {
  return step % ANCHOR_STEPS === 0 || isMilestone(step, schedule);
}
