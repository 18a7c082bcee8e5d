// A training step under the guard: an update, or a dropped step with its reason.

import type { NdArray } from '../../core/numeric/index.ts';
import { gather } from '../../core/ranks/index.ts';
import { resultUnit } from '../../flows/models/index.ts';
import type { Batch } from '../../model/likelihood/index.ts';
import { measureStep, type StepRecord } from '../../runs/contents/stored.ts';
import { learningRateAt } from '../../runs/settings/index.ts';
import { rankShare } from '../ranks.ts';
import { afterRefusal, afterStep, mustGoBack, refusal } from '../step/guard.ts';
import { firstLayerNotFinite, isFiniteArray, notFiniteIn, notFiniteInState } from '../step/notFinite.ts';
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
  const { trainer, schedule, batches, config, model, ranks } = parts;
  const { guard, step: before } = trainer.progress;
  const step = before + 1;
  const learningRate = learningRateAt(step, schedule) * guard.rateFactor;
  const batch = batches.at(step - 1);
  const batchGradients = await trainer.computeGradients(batch);
  const record = await measureStep({
    ...batchGradients,
    training: config.training,
    step,
    epoch: Math.ceil(step / schedule.stepsPerEpoch),
    learningRate,
    gradients: async () => trainer.layout.unpack(await trainer.arrays.readGradients()),
  });
  const { bitsPerDim, gradientNorm } = record;
  const seen = { bitsPerDim, gradientNorm, willBeClipped: schedule.clipNorm !== undefined };
  const reason = refusal(guard, seen, resultUnit(model.options));
  if (reason === null) {
    await trainer.update(batchGradients, learningRate);
    trainer.remember(afterStep(guard, seen));
    return { record, mustGoBack: false };
  }
  const { text: explanation, inState } = await explainRefusal(parts, reason, bitsPerDim, batch);
  // Only the rank with the image at fault can say more than what was refused.
  const text =
    (await gather(ranks, explanation)).find((explanationText) => explanationText !== reason) ?? explanation;
  trainer.dropStep();
  trainer.remember(afterRefusal(guard));
  return { record: { ...record, dropped: text }, mustGoBack: inState || mustGoBack(trainer.progress.guard) };
}

/**
 * Finds where a dropped step went wrong; compiles a program for it if a layer did.
 *
 * @param bitsPerDim the loss of the batch
 * @returns the reason and the culprit, and whether the state itself is broken, so that no other batch can help
 */
async function explainRefusal(
  { trainer, model, config, engine, ranks }: TrainingParts,
  refusal: string,
  bitsPerDim: number,
  batch: Batch,
): Promise<{ readonly text: string; readonly inState: boolean }> {
  const { layout } = trainer;
  const state = await trainer.state();
  const explainAt = (location: string) => ({ text: `${refusal}: ${location}`, inState: false });
  const inState = notFiniteInState(state, layout);
  if (inState !== null) {
    return { text: `${refusal}: ${inState}`, inState: true };
  }
  if (!isFiniteArray(batch.image) || !isFiniteArray(batch.noise)) {
    return explainAt('the batch contains NaN or infinity');
  }
  if (!Number.isFinite(bitsPerDim)) {
    const { microBatch } = rankShare(config.training, ranks);
    const failing = { batch, images: microBatch, weights: state.weights };
    const layer = await firstLayerNotFinite(model, layout, failing, engine);
    return layer === null ? { text: refusal, inState: false } : explainAt(`first in layer ${layer}`);
  }
  const gradients = await trainer.arrays.readGradients();
  const broken = notFiniteIn(gradients, layout);
  if (broken.length > 0) {
    const others = broken.length === 1 ? '' : ` and ${broken.length - 1} more before it`;
    // Gradients are computed from the last layer to the first: earlier layers inherit the last one's fault.
    return explainAt(`in ${broken.at(-1)}${others}`);
  }
  return explainAt(`the largest gradient is in ${describeLargest(layout.unpack(gradients))}`);
}

function describeLargest(arrays: Readonly<Record<string, NdArray>>): string {
  let largest = { path: '', value: -1 };
  for (const [path, { data }] of Object.entries(arrays)) {
    for (const element of data) {
      const value = Math.abs(element);
      if (value > largest.value) {
        largest = { path, value };
      }
    }
  }
  return largest.path;
}
