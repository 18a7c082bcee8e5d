// Compares a device with the CPU: the loss and the gradients of the same images and noise, with the same weights.

import { option, phrase, UserError } from '../../core/errors.ts';
import { fromLeader, gather, nameOfRank } from '../../core/ranks/index.ts';
import { type ResultUnit, resultUnit } from '../../flows/models/index.ts';
import { sliceBatch } from '../../model/likelihood/index.ts';
import {
  type DeviceChoice,
  defaultDevice,
  isHost,
  onCpu,
  releaseAfter,
  showDevice,
} from '../../tensor/engine/index.ts';
import { differenceNorm, gradientNorm } from '../gradients/gradientSum.ts';
import { planGradients } from '../gradients/planGradients.ts';
import { rankShare } from '../ranks.ts';
import type { PartResults } from '../step/trainer.ts';
import type { TrainingParts } from './trainingParts.ts';

/**
 * The largest differences that rounding explains: of the loss of an image in bits/dim, relative to losses above 1, and of
 * the gradients, relative to their norm. A software GPU stayed below 1e-5 and 2e-4, in diverging models below 1e-4 for the
 * loss; other GPUs may multiply matrices with fewer bits.
 */
const TOLERANCES = { loss: 1e-3, gradients: 0.05 };

/**
 * Checks that a device other than the CPU computes the next micro-batch as the CPU does, on every rank.
 *
 * @param agreed the last step after which this was so; undefined if this is the first check
 * @throws UserError (`mismatch`) on rank 0 if it does not, LeaderFailed on the others
 */
export async function requireSameAsCpu(parts: TrainingParts, agreed?: number): Promise<void> {
  const { engine, trainer, model, ranks, store } = parts;
  if (isHost(engine.device ?? defaultDevice)) {
    return;
  }
  const { step } = trainer.progress;
  const problems = await gather(ranks, await findProblem(parts, resultUnit(model.options)));
  await fromLeader(ranks, () => {
    const rank = problems.findIndex((problem) => problem !== null);
    if (rank === -1) {
      return;
    }
    const device = showDevice(engine as DeviceChoice);
    const where = ranks.size === 1 ? '' : ` of ${nameOfRank(ranks, rank)}`;
    const since = agreed === undefined ? '' : `, which agreed after step ${agreed}`;
    const remedy = phrase`update its driver, or use ${option('device', defaultDevice)}`;
    throw new UserError(
      'mismatch',
      phrase`after step ${step} the device '${device}'${where} computes other results than the CPU${since}: ${problems[rank]!}; ${remedy}${step === 0 ? '' : phrase`. The checkpoints before this step are kept: ${store.resumption()} resumes the run`}`,
    );
  });
}

/** How the results of the next micro-batch of this rank differ from the CPU's; null if no more than by rounding. */
async function findProblem(parts: TrainingParts, unit: ResultUnit): Promise<string | null> {
  const { engine, trainer, model, batches, config, ranks, loss } = parts;
  const { batchSize } = config.training;
  const { microBatch } = rankShare(config.training, ranks);
  const batch = sliceBatch(batches.at(trainer.progress.step), 0, microBatch);
  const results = await trainer.resultsOfPart(batch);
  const { layout } = trainer;
  const { device, threads } = onCpu(engine);
  const { weights } = await trainer.state();
  const expected = await releaseAfter(async (keep) => {
    const request = { model, layout, images: microBatch, batchSize, loss, workers: 1, device };
    const program = keep(await planGradients({ ...request, ...(threads && { threads }) }).compile());
    const into = {
      bitsPerDim: { shape: [microBatch], data: new Float32Array(microBatch) },
      gradients: layout.zeros(),
    };
    await program.run(batch, weights, into);
    return { bitsPerDim: into.bitsPerDim.data, gradients: into.gradients };
  });
  return differenceText(results, expected, unit);
}

/** How results differ from the CPU's; null if no more than by rounding, or if the CPU's are not finite either. */
export function differenceText(results: PartResults, expected: PartResults, unit: ResultUnit): string | null {
  const norm = gradientNorm(expected.gradients);
  if (!expected.bitsPerDim.every(Number.isFinite) || !Number.isFinite(norm)) {
    return null;
  }
  // Written so that NaN is a difference.
  const image = expected.bitsPerDim.findIndex(
    (loss, index) =>
      !(Math.abs(results.bitsPerDim[index]! - loss) <= TOLERANCES.loss * Math.max(1, Math.abs(loss))),
  );
  if (image !== -1) {
    const [deviceBits, cpuBits] = [results, expected].map(({ bitsPerDim }) =>
      unit.of(bitsPerDim[image]!).toPrecision(6),
    );
    return `${deviceBits} instead of ${cpuBits} ${unit.name} for an image`;
  }
  const difference = differenceNorm(results.gradients, expected.gradients) / norm;
  return difference <= TOLERANCES.gradients || norm === 0
    ? null
    : `gradients that differ by ${Number((100 * difference).toPrecision(2))} % of their norm`;
}
