// The scores of a run's validation images: from its cache, or measured and added to it.
import { fromLeader, onlyRank } from '../../cluster/ranks.ts';
import type { ImageSet } from '../../data/contract/dataset.ts';
import { UserError } from '../../errors.ts';
import { measureReference, requireFinite } from '../../evaluation/odd/reference.ts';
import { dataName } from '../../experiments/experimentName.ts';
import { validationOf } from '../../trained/loading/cachedScores.ts';
import type { LoadedRun } from '../../trained/loading/loadRun.ts';
import { readCachedScores, storeScores } from '../../trained/loading/scoresFile.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { ReferenceScores } from '../../trained/model/referenceScores.ts';
import { withImageProgress } from '../terminal/imageProgress.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { messageOf } from '../terminal/wording.ts';
import { openOwnReference } from './openReference.ts';

/** How validation images are measured to score others against them, by default. */
export const scoreDefaults = { draws: 4, seed: 0 };

/** How validation images are measured. */
interface ReferenceRequest {
  readonly draws: number;
  readonly seed: number;
  /** Whether they are measured even if they were before. */
  readonly update?: boolean | undefined;
}

/**
 * The scores of a run's validation images. A cache that cannot be written is reported, or an error if it was to be updated.
 *
 * @throws UserError if they are not cached and cannot be measured
 */
export async function referenceScores(
  run: LoadedRun,
  model: FlowModel,
  { draws, seed, update = false }: ReferenceRequest,
  ranks = onlyRank,
): Promise<ReferenceScores> {
  const of = validationOf(run.config);
  const { fingerprint } = model;
  // Of rank 0, whichever others have: all measure, or none does.
  const cached = await fromLeader(ranks, () =>
    update ? null : (readCachedScores(run.paths, of, { fingerprint, draws, seed }) ?? null),
  );
  if (cached !== null) {
    return cached;
  }
  const images = await openOwnReference(run, ranks);
  const scores = await measureWithProgress(model, images, { data: dataName(run.config), draws, seed }, ranks);
  if (update) {
    requireFinite(scores);
  }
  // Others cannot be kept as JSON.
  if (ranks.rank === 0 && scores.bitsPerDim.every(Number.isFinite)) {
    try {
      storeScores(run.paths, of, scores);
    } catch (error) {
      if (update || !(error instanceof UserError)) {
        throw error;
      }
      noteOnStderr(`the scores of the validation images were not saved: ${messageOf(error)}`);
    }
  }
  return scores;
}

/** Measures validation images, with a progress bar. */
export async function measureWithProgress(
  model: FlowModel,
  images: ImageSet,
  { data, draws, seed }: { data: string; draws: number; seed: number },
  ranks = onlyRank,
): Promise<ReferenceScores> {
  return withImageProgress('validation', images.count, (onProgress) =>
    measureReference(model, images, data, { draws, seed, ranks, onProgress }),
  );
}
