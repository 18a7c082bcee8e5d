// What `emerging score` compares images with: the validation images of the model, or of another dataset.
import type { Ranks } from '../../cluster/ranks.ts';
import { UserError } from '../../errors.ts';
import { requireFinite } from '../../evaluation/odd/reference.ts';
import { lastPart } from '../../experiments/experimentName.ts';
import type { LoadedRun } from '../../trained/loading/loadRun.ts';
import { isRun } from '../../trained/loading/loadTrained.ts';
import { storeExportScores } from '../../trained/loading/scoresFile.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { ReferenceScores } from '../../trained/model/referenceScores.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';
import { shellWord } from '../terminal/shellWord.ts';
import { measureWithProgress, referenceScores, scoreDefaults } from './measuredScores.ts';
import { openNamedReference } from './openReference.ts';

/** Which images are compared with, and how they are measured. */
interface ReferenceOptions {
  readonly reference?: string;
  readonly updateReference?: true;
  readonly draws?: number;
  readonly seed?: number;
}

/**
 * The statistics of the validation images: those that an export or a run has, or of another dataset.
 *
 * @throws UserError if there are none, or `updateReference` would store another dataset's in a run
 */
export async function referenceFor(
  source: LoadedRun | TrainedModel,
  model: FlowModel,
  directory: string,
  options: ReferenceOptions,
  ranks: Ranks,
): Promise<ReferenceScores> {
  const { draws, seed, reference: data, updateReference: update } = { ...scoreDefaults, ...options };
  if (update && isRun(source) === (data !== undefined)) {
    throw new UserError(
      'invalid-argument',
      isRun(source)
        ? `--update-reference measures the validation images of ${directory}: leave out --reference`
        : `${directory} is an export, and exports contain no images: name a dataset with --reference`,
    );
  }
  if (data !== undefined) {
    const images = await openNamedReference(source, data, ranks);
    const scores = await measureWithProgress(model, images, { data, draws, seed }, ranks);
    if (update) {
      requireFinite(scores);
    }
    if (update && ranks.rank === 0) {
      // The local path of the images stays private.
      storeExportScores(directory, { ...scores, data: lastPart(data) });
    }
    return scores;
  }
  if (isRun(source)) {
    return {
      ...(await referenceScores(source, model, { draws, seed, update }, ranks)),
      data: source.config.data.name,
    };
  }
  const scores = source.scores?.(model.fingerprint);
  if (scores === undefined) {
    throw new UserError(
      'not-ready',
      `${directory} has no statistics of validation images: emerging score ${shellWord(directory)} --update-reference ` +
        '--reference DATASET adds them, and emerging export RUN --out NEW_FOLDER exports its run again with them',
    );
  }
  return scores;
}
