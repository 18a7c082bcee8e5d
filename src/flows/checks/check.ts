// Checks a bijection, a stage or a base distribution, by the checks of its kind.
import { type StagePart, stageFrom } from '../models/stages.ts';
import type { BaseDistribution } from '../priors/baseDistribution.ts';
import { checkBase } from './checkBase.ts';
import { type BijectionReport, type CheckBijectionOptions, checkBijection } from './checkBijection.ts';
import { checkStage } from './checkStage.ts';

/**
 * Runs a bijection, a split, a top prior, a stage or a base distribution through the checks that the library's own must pass,
 * in float64 with random parameters, images and conditions:
 *
 * - of a bijection: its inverse in both directions, its log-determinant against the dense Jacobian, gradients against central
 *   differences, that images of a batch don't depend on each other, and float32;
 * - of a split, a top prior or a stage, also its densities, pixel by pixel and class by class;
 * - of a base distribution: that its density has the integral 1, that samples follow it, and its gradients.
 *
 * Failed checks are `problems` of the report, never exceptions.
 *
 * @throws UserError if the options don't fit
 */
export function check(
  subject: StagePart | BaseDistribution,
  options: CheckBijectionOptions = {},
): Promise<BijectionReport> {
  if ('energy' in subject) {
    return checkBase(subject, options);
  }
  const isBijection = 'inputShape' in subject;
  return isBijection ? checkBijection(subject, options) : checkStage(stageFrom(subject), options);
}
