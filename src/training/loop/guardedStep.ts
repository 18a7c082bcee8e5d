// A training step under the guard: an update, or a dropped step with its reason.
import { gather } from '../../cluster/ranks.ts';
import { learningRateAt } from '../../experiments/schedule.ts';
import { unitOf } from '../../models/unit.ts';
import { measureStep, type StepRecord } from '../../runs/contents/stepStatistics.ts';
import { shareOf } from '../ranks/batchShare.ts';
import { explainRefusal } from '../step/explainRefusal.ts';
import { afterRefusal, afterStep, mustGoBack, refusal } from '../step/guard.ts';
import type { TrainingParts } from './trainingParts.ts';

/** The outcome of a step. */
export interface StepOutcome {
  /** Its log entry. */
  readonly record: StepRecord & {
    /** Why the step was dropped; missing if it was not. */
    readonly dropped?: string;
  };
  /** Whether training cannot continue from the current state. */
  readonly mustGoBack: boolean;
}

/** Takes the next step. A dropped one changes only the step number and the guard's state. */
export async function guardedStep(parts: TrainingParts): Promise<StepOutcome> {
  const { trainer, schedule, batches, config, model, engine, ranks } = parts;
  const { microBatch } = shareOf(config.training, ranks);
  const { guard, step: before } = trainer.progress;
  const step = before + 1;
  const learningRate = learningRateAt(step, schedule) * guard.rateFactor;
  const batch = batches.at(step - 1);
  const found = await trainer.gradientsOf(batch);
  const record = await measureStep({
    ...found,
    training: config.training,
    step,
    epoch: Math.ceil(step / schedule.stepsPerEpoch),
    learningRate,
    gradients: async () => trainer.layout.unpack(await trainer.arrays.readGradients()),
  });
  const { bitsPerDim, gradientNorm } = record;
  const seen = { bitsPerDim, gradientNorm, willBeCut: schedule.clipNorm !== undefined };
  const reason = refusal(guard, seen, unitOf(model.options));
  if (reason === null) {
    await trainer.update(found, learningRate);
    trainer.remember(afterStep(guard, seen));
    return { record, mustGoBack: false };
  }
  const [state, gradients] = [await trainer.state(), await trainer.arrays.readGradients()];
  const refused = { refusal: reason, bitsPerDim, batch, gradients, state, microBatch };
  const { text: own, inState } = await explainRefusal(model, trainer.layout, refused, engine);
  // Only the rank with the image at fault can say more than what was refused.
  const text = (await gather(ranks, own)).find((found) => found !== reason) ?? own;
  trainer.dropStep();
  trainer.remember(afterRefusal(guard));
  return { record: { ...record, dropped: text }, mustGoBack: inState || mustGoBack(trainer.progress.guard) };
}
