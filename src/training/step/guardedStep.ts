// A step of a training under its guard: an update, or a refusal that names its reason.
import { learningRateAt } from '../../experiments/schedule.ts';
import { mean } from '../../numeric/statistics.ts';
import type { TrainingParts } from '../trainingParts.ts';
import { explainRefusal } from './explainRefusal.ts';
import { afterRefusal, afterStep, mustGoBack, refusal } from './guard.ts';

/** What the log says of a step. */
interface StepRecord extends Record<string, unknown> {
  readonly step: number;
  /** The epoch that it belongs to, from 1. */
  readonly epoch: number;
  /** The mean over the batch, before the update. */
  readonly bitsPerDim: number;
  readonly learningRate: number;
  /** The norm of the gradient, before it is cut. */
  readonly gradientNorm: number;
  /** Why the step was refused; missing where it was not. */
  readonly dropped?: string;
}

/** How a step went. */
export interface StepOutcome {
  readonly record: StepRecord;
  /** Whether the training cannot go on from where it is. */
  readonly mustGoBack: boolean;
}

/** Makes the next step. A refused one changes nothing but its number, and the guard's memory. */
export async function guardedStep(parts: TrainingParts): Promise<StepOutcome> {
  const { trainer, schedule, batches, config, model, engine } = parts;
  const { microBatch } = config.training;
  const { state } = trainer;
  const { guard } = state;
  const step = state.step + 1;
  const learningRate = learningRateAt(step, schedule) * guard.rateFactor;
  const batch = batches.at(step - 1);
  const found = await trainer.gradientsOf(batch);
  const { gradientNorm, gradients } = found;
  const bitsPerDim = mean(found.bitsPerDim);
  const epoch = Math.ceil(step / schedule.stepsPerEpoch);
  const record = { step, epoch, bitsPerDim, learningRate, gradientNorm };
  const seen = { bitsPerDim, gradientNorm, willBeCut: schedule.clipNorm < Number.POSITIVE_INFINITY };
  const reason = refusal(guard, seen);
  if (reason === null) {
    trainer.update(found, learningRate);
    trainer.remember(afterStep(guard, seen));
    return { record, mustGoBack: false };
  }
  const refused = { refusal: reason, bitsPerDim, batch, gradients, state, microBatch };
  const { text, inState } = await explainRefusal(model, trainer.layout, refused, engine);
  trainer.dropStep();
  trainer.remember(afterRefusal(guard));
  return { record: { ...record, dropped: text }, mustGoBack: inState || mustGoBack(trainer.state.guard) };
}
