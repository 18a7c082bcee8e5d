// What `emerging score` compares images with: the validation images of the model, or of another dataset.
import type { Ranks } from '../../cluster/ranks.ts';
import type { ImageSet } from '../../data/contract/dataset.ts';
import { UserError } from '../../errors.ts';
import { referenceImages, requireFinite } from '../../evaluation/odd/reference.ts';
import { meanBits } from '../../evaluation/odd/score.ts';
import { lastPart } from '../../experiments/experimentName.ts';
import type { LoadedRun } from '../../trained/loading/loadRun.ts';
import { isRun } from '../../trained/loading/loadTrained.ts';
import { storeExportScores } from '../../trained/loading/scoresFile.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { ReferenceScores } from '../../trained/model/referenceScores.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';
import { openNamedImages, openRunImages } from '../parts/runImages.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { measureWithProgress, referenceScores, scoreDefaults } from './measuredScores.ts';
import { openSame } from './sameInputs.ts';

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
        : `${directory} is an export, and exports contain no images: name their dataset with --reference`,
    );
  }
  if (data !== undefined) {
    const images = await openSame(ranks, () => openReference(source, data));
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
      `${directory} has no scores of validation images: export its run again, or name a dataset with --reference`,
    );
  }
  return scores;
}

/**
 * bits/dim of the reference images under a second model; undefined, with a note, if there are no images, as for an export, or
 * their statistics are missing.
 */
export async function otherBitsOf(
  source: LoadedRun | TrainedModel,
  against: FlowModel,
  known: ReferenceScores,
  { reference }: ReferenceOptions,
  how: { readonly draws: number; readonly seed: number; readonly ranks: Ranks },
): Promise<Float64Array | undefined> {
  if (known.statistics === undefined || (!isRun(source) && reference === undefined)) {
    noteOnStderr(
      'no p-values of ratio: they need the validation images and their statistics; name a dataset with --reference',
    );
    return undefined;
  }
  const images = await openSame(how.ranks, () => openReference(source, reference));
  return meanBits(against, referenceImages(images), how);
}

/** The validation images of a run, or of a named dataset. */
async function openReference(source: LoadedRun | TrainedModel, data: string | undefined): Promise<ImageSet> {
  const wanted = { split: 'validation', chosen: false } as const;
  const run = isRun(source) ? source : undefined;
  if (data !== undefined) {
    const validation = run?.config.data.validation;
    return openNamedImages(source, { ...wanted, data, ...(validation !== undefined && { validation }) });
  }
  return openRunImages(source as LoadedRun, { ...wanted, flag: 'reference' });
}
