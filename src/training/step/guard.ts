// The training guard: which steps are dropped, and when training rolls back to an earlier state.
//
// It decides only by a `GuardState`, which checkpoints hold: an interrupted run decides as an uninterrupted
// one.
import { bitsPerDimUnit, type ResultUnit } from '../../flows/models/index.ts';
import { type GuardState, newGuard } from '../../runs/contents/stored.ts';

/** The limits of the guard. */
export const guardLimits = {
  /** The range of losses and norms averages over about this many steps. */
  memory: 50,
  /** The range applies once it has seen this many steps. */
  leastSeen: 20,
  /** A loss or norm is out of range beyond this many mean deviations, … */
  deviations: 10,
  /** … if that is also at least this many bits/dim above the mean loss, */
  lossMargin: 1,
  /** or this many times the usual norm. */
  normFactor: 150,
  /** What a dropped step adds to the strain; an accepted step removes 1. */
  strainOfRefusal: 10,
  /** The strain that triggers a rollback: three dropped steps in a row, or one in ten for long. */
  mostStrain: 28,
  /** The factor on the learning rate at each rollback. */
  rateFactor: 0.5,
  /** The number of rollbacks after which training continues; one more ends it. */
  mostRollbacks: 4,
} as const;

type Range = GuardState['loss'];

/** What the guard sees of a step. */
export interface Observation {
  /** The mean loss of the batch, in bits/dim. */
  readonly bitsPerDim: number;
  /** The norm of its gradient. */
  readonly gradientNorm: number;
  /** Whether gradients are clipped, so that a long one can do no harm. */
  readonly willBeClipped: boolean;
}

/**
 * The guard of a run that resumes with this learning rate in its configuration; a changed rate applies in
 * full.
 */
export function guardFor(learningRate: number, guard: GuardState): GuardState {
  return guard.learningRate === learningRate
    ? guard
    : { ...guard, learningRate, rollbacks: 0, rateFactor: 1 };
}

/** The guard of a run that continues on other images: the ranges of the earlier ones say nothing about them. */
export function forgetRanges(guard: GuardState): GuardState {
  const { loss, logNorm } = newGuard(guard.learningRate);
  return { ...guard, loss, logNorm };
}

/** Why a step must not reach the weights, in words; null if it may. */
export function refusal(
  guard: GuardState,
  { bitsPerDim, gradientNorm, willBeClipped }: Observation,
  unit: ResultUnit = bitsPerDimUnit,
): string | null {
  if (!Number.isFinite(bitsPerDim)) {
    return 'the loss is not finite';
  }
  if (!Number.isFinite(gradientNorm)) {
    return 'the gradient is not finite';
  }
  const { lossMargin, normFactor } = guardLimits;
  if (isAbove(guard.loss, bitsPerDim, lossMargin)) {
    return `the loss jumped to ${show(unit.of(bitsPerDim))} ${unit.name} from about ${show(unit.of(guard.loss.mean))}`;
  }
  if (!willBeClipped && isAbove(guard.logNorm, Math.log(gradientNorm), Math.log(normFactor))) {
    return `the norm of the gradient jumped to ${show(gradientNorm)} from about ${show(Math.exp(guard.logNorm.mean))}`;
  }
  return null;
}

/** The guard after an accepted step. */
export function afterStep(guard: GuardState, { bitsPerDim, gradientNorm }: Observation): GuardState {
  return {
    ...guard,
    loss: widened(guard.loss, bitsPerDim),
    // A gradient of zeros has no logarithm.
    logNorm: gradientNorm > 0 ? widened(guard.logNorm, Math.log(gradientNorm)) : guard.logNorm,
    strain: Math.max(0, guard.strain - 1),
  };
}

/** The guard after a dropped step. */
export function afterRefusal(guard: GuardState): GuardState {
  return { ...guard, dropped: guard.dropped + 1, strain: guard.strain + guardLimits.strainOfRefusal };
}

/** Whether dropping steps is not enough: the weights themselves must have gone wrong. */
export function mustGoBack({ strain }: GuardState): boolean {
  return strain >= guardLimits.mostStrain;
}

/** Whether the limit of rollbacks has been reached. */
export function isExhausted({ rollbacks }: GuardState): boolean {
  return rollbacks >= guardLimits.mostRollbacks;
}

/** The guard after a rollback to the state of step `to`, whose guard was `then`: its ranges, a lower rate. */
export function afterRollback(now: GuardState, then: GuardState, to: number): GuardState {
  const { loss, logNorm } = then;
  const rateFactor = now.rateFactor * guardLimits.rateFactor;
  return { ...now, loss, logNorm, strain: 0, rateFactor, rollbacks: now.rollbacks + 1, wentBackTo: to };
}

/**
 * Whether training may roll back to this step: after a rollback that did not help, only to an earlier one.
 */
export function mayGoBackTo({ wentBackTo }: GuardState, step: number): boolean {
  return wentBackTo === null || step < wentBackTo;
}

/** The guard at an anchor: without strain, an earlier rollback is forgotten. */
export function atAnchor(guard: GuardState): GuardState {
  return guard.strain === 0 ? { ...guard, wentBackTo: null } : guard;
}

function isAbove({ seen, mean, deviation }: Range, value: number, margin: number): boolean {
  const { leastSeen, deviations } = guardLimits;
  return seen >= leastSeen && value > mean + Math.max(margin, deviations * deviation);
}

/** The range with one more value: running means that weight the first values equally. */
function widened({ seen, mean, deviation }: Range, value: number): Range {
  const share = 1 / Math.min(seen + 1, guardLimits.memory);
  return {
    seen: seen + 1,
    mean: mean + share * (value - mean),
    deviation: deviation + share * (Math.abs(value - mean) - deviation),
  };
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
