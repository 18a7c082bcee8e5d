// The guard of a training: which steps are refused, and when the training goes back to an earlier state.
//
// Everything that it decides by is a `GuardState`, which checkpoints hold: a run with stops decides as one without.
import { z } from 'zod';

/** The limits of the guard. */
export const guardLimits = {
  /** Over about so many steps the range of losses and norms runs. */
  memory: 50,
  /** The range counts once it has seen so many steps. */
  leastSeen: 20,
  /** A loss or norm is out of range beyond so many mean deviations, … */
  deviations: 10,
  /** … if that is also at least so many bits/dim above the mean loss, */
  lossMargin: 1,
  /** or so many times the usual norm. */
  normFactor: 150,
  /** What a refused step adds to the strain; a step that is taken removes 1. */
  strainOfRefusal: 10,
  /** The strain at which the training goes back: three refused steps in a row, or often one in ten. */
  mostStrain: 28,
  /** What the learning rate is multiplied by when the training goes back. */
  rateFactor: 0.5,
  /** So often it goes back and trains on; going back once more ends it. */
  mostSetbacks: 4,
} as const;

const rangeSchema = z.strictObject({ seen: z.int().min(0), mean: z.number(), deviation: z.number() });

/** The form of a `GuardState` in a checkpoint. */
export const guardSchema = z.strictObject({
  /** The learning rate of the configuration that the factor belongs to. */
  learningRate: z.number(),
  /** The range of the loss of batches, in bits/dim. */
  loss: rangeSchema,
  /** The range of the natural logarithm of the gradient's norm. */
  logNorm: rangeSchema,
  /** How much trouble there has been lately. */
  strain: z.int().min(0),
  /** Refused steps, of the whole run. */
  dropped: z.int().min(0),
  /** How often the training went back with this learning rate. */
  setbacks: z.int().min(0),
  /** What the learning rate of the schedule is multiplied by. */
  rateFactor: z.number(),
  /** After a setback, the step that it went back to, until a later state has proved sound; null otherwise. */
  wentBackTo: z.int().min(0).nullable(),
});

/** What the guard remembers from step to step. */
export type GuardState = Readonly<z.infer<typeof guardSchema>>;

type Range = GuardState['loss'];

/** What the guard sees of a step. */
export interface Observation {
  /** The mean loss of the batch, in bits/dim. */
  readonly bitsPerDim: number;
  /** The norm of its gradient. */
  readonly gradientNorm: number;
  /** Whether a long gradient is cut, so that it can do no harm. */
  readonly willBeCut: boolean;
}

/** The guard of a run that begins, with the learning rate of its configuration. */
export function newGuard(learningRate: number): GuardState {
  const unseen = { seen: 0, mean: 0, deviation: 0 };
  return {
    learningRate,
    loss: unseen,
    logNorm: unseen,
    strain: 0,
    dropped: 0,
    setbacks: 0,
    rateFactor: 1,
    wentBackTo: null,
  };
}

/** The guard of a run that goes on with this learning rate in its configuration: another one counts in full. */
export function guardFor(learningRate: number, guard: GuardState): GuardState {
  return guard.learningRate === learningRate ? guard : { ...guard, learningRate, setbacks: 0, rateFactor: 1 };
}

/** Why a step must not reach the weights, in words; null where it may. */
export function refusal(
  guard: GuardState,
  { bitsPerDim, gradientNorm, willBeCut }: Observation,
): string | null {
  if (!Number.isFinite(bitsPerDim)) {
    return 'the loss is not finite';
  }
  if (!Number.isFinite(gradientNorm)) {
    return 'the gradient is not finite';
  }
  const { lossMargin, normFactor } = guardLimits;
  if (isAbove(guard.loss, bitsPerDim, lossMargin)) {
    return `the loss jumped to ${show(bitsPerDim)} bits/dim from about ${show(guard.loss.mean)}`;
  }
  if (!willBeCut && isAbove(guard.logNorm, Math.log(gradientNorm), Math.log(normFactor))) {
    return `the norm of the gradient jumped to ${show(gradientNorm)} from about ${show(Math.exp(guard.logNorm.mean))}`;
  }
  return null;
}

/** The guard after a step that was taken. */
export function afterStep(guard: GuardState, { bitsPerDim, gradientNorm }: Observation): GuardState {
  return {
    ...guard,
    loss: widened(guard.loss, bitsPerDim),
    // A gradient of zeros has no logarithm.
    logNorm: gradientNorm > 0 ? widened(guard.logNorm, Math.log(gradientNorm)) : guard.logNorm,
    strain: Math.max(0, guard.strain - 1),
  };
}

/** The guard after a step that was refused. */
export function afterRefusal(guard: GuardState): GuardState {
  return { ...guard, dropped: guard.dropped + 1, strain: guard.strain + guardLimits.strainOfRefusal };
}

/** Whether refusing steps is not enough: the weights themselves must have gone wrong. */
export function mustGoBack({ strain }: GuardState): boolean {
  return strain >= guardLimits.mostStrain;
}

/** Whether the training has gone back as often as it may. */
export function isExhausted({ setbacks }: GuardState): boolean {
  return setbacks >= guardLimits.mostSetbacks;
}

/** The guard after going back to the state of step `to`, whose guard was `then`: the ranges of then, a lower rate. */
export function afterSetback(now: GuardState, then: GuardState, to: number): GuardState {
  const { loss, logNorm } = then;
  const rateFactor = now.rateFactor * guardLimits.rateFactor;
  return { ...now, loss, logNorm, strain: 0, rateFactor, setbacks: now.setbacks + 1, wentBackTo: to };
}

/** Whether a state to go back to may be the one that a setback, which did not help, went back to, or a later one. */
export function mayGoBackTo({ wentBackTo }: GuardState, step: number): boolean {
  return wentBackTo === null || step < wentBackTo;
}

/** The guard at an anchor: without strain it makes up for an earlier setback. */
export function atAnchor(guard: GuardState): GuardState {
  return guard.strain === 0 ? { ...guard, wentBackTo: null } : guard;
}

function isAbove({ seen, mean, deviation }: Range, value: number, margin: number): boolean {
  const { leastSeen, deviations } = guardLimits;
  return seen >= leastSeen && value > mean + Math.max(margin, deviations * deviation);
}

/** The range with one more value: running means that weigh the first values alike. */
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
