// What `emerging score` compares images with: the validation images of the model, or of another dataset.

import { UserError } from '../../../core/errors.ts';
import { fromLeader, onlyRank, type Ranks } from '../../../core/ranks/index.ts';
import { ENOUGH_IMAGES, type ImageSet, leastValidation } from '../../../data/contract/index.ts';
import { openReference, openSplit } from '../../../data/index.node.ts';
import { identifyImages } from '../../../data/index.ts';
import type { FlowModel, TrainedModel } from '../../../model/index.ts';
import { isRun, storeExportScores, storeRunScores } from '../../../model/loading/index.node.ts';
import type { LoadedRun } from '../../../model/loading/loadRun.ts';
import type { ReferenceScores } from '../../../model/referenceScores.ts';
import { differenceBetween, holdOutIn } from '../../../runs/contents/stored.ts';
import { isRunData } from '../../../runs/folder/dataMark.ts';
import { folderStore } from '../../../runs/folder/folderStore.ts';
import { conditionsFor } from '../../../runs/images/index.ts';
import { dataName, lastPart } from '../../../runs/settings/experimentName.ts';
import { LEAST_REFERENCES, measureReference, requireFinite } from '../../../uses/odd/index.ts';
import { fitNamed, openRunImages } from '../parts/runImages.ts';
import { formatCounted } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { errorMessage, shellWord } from '../terminal/wording.ts';
import { openSame } from './onRanks.ts';

/** How validation images are measured to score others against them, by default. */
export const scoreDefaults = { draws: 4, seed: 0 };

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
  const scores = model.reference;
  if (scores === undefined) {
    throw new UserError(
      'not-ready',
      `${directory} has no statistics of validation images: emerging score ${shellWord(directory)} --update-reference ` +
        '--reference DATASET adds them, and emerging export RUN --out NEW_FOLDER exports its run again with them',
    );
  }
  return scores;
}

/**
 * The scores of a run's validation images: those it has, or measured and stored. A file that cannot be written is reported, or
 * an error if it was to be updated.
 *
 * @param update whether they are measured even if they were before
 * @throws UserError if the run has none and they cannot be measured
 */
export async function referenceScores(
  run: LoadedRun,
  model: FlowModel,
  { draws, seed, update = false }: { draws: number; seed: number; update?: boolean | undefined },
  ranks = onlyRank,
): Promise<ReferenceScores> {
  // Only the scores stored at rank 0 decide, so that either all ranks measure or none does.
  const stored = await fromLeader(ranks, () => (update ? null : (model.reference ?? null)));
  if (stored?.draws === draws && stored.seed === seed) {
    return stored;
  }
  const images = await openValidation(run, ranks);
  const scores = await measureWithProgress(model, images, { data: dataName(run.config), draws, seed }, ranks);
  if (update) {
    requireFinite(scores);
  }
  // JSON cannot hold others.
  if (ranks.rank === 0 && scores.statistics.bits.every(Number.isFinite)) {
    try {
      storeRunScores(run.paths, scores);
    } catch (error) {
      if (update || !(error instanceof UserError)) {
        throw error;
      }
      noteOnStderr(`the scores of the validation images were not saved: ${errorMessage(error)}`);
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

/** Fewer images make the fits of scores imprecise, too. */
const FEW_TO_FIT = 50;

/** Notes that there are few reference images, what p-values then mean, and what to do. */
export function noteFewReferences({ data, statistics }: ReferenceScores): void {
  const { length } = statistics.bits;
  if (length >= ENOUGH_IMAGES) {
    return;
  }
  const fits = length < FEW_TO_FIT ? ', and all scores but bits are fitted to too few images' : '';
  noteOnStderr(
    `only ${formatCounted(length, 'validation image')} of ${data} to compare with: no p-value is below ` +
      `${(1 / (length + 1)).toFixed(3)}${fits}; compare with more images: --reference DATASET`,
  );
}

/** The validation images of a run. */
export function openValidation(run: LoadedRun, ranks = onlyRank): Promise<ImageSet> {
  return openSame(ranks, () => openRunImages(run, { split: 'validation', chosen: false, flag: 'reference' }));
}

/**
 * The images of a dataset to compare others with: its validation images or, if neither folders nor files divide it, all of
 * them, unless the run was trained on it.
 *
 * @throws UserError if they don't have the model's shape, or there are fewer than ten
 */
export async function openNamedReference(
  source: LoadedRun | TrainedModel,
  data: string,
  ranks: Ranks,
): Promise<ImageSet> {
  const images = await openSame(ranks, () => open(source, data));
  if (images.count < LEAST_REFERENCES) {
    throw new UserError(
      'invalid-argument',
      `${data} has only ${formatCounted(images.count, 'image')} to compare with: name a dataset with at least ` +
        `${LEAST_REFERENCES}, better hundreds`,
    );
  }
  return images;
}

async function open(source: LoadedRun | TrainedModel, data: string): Promise<ImageSet> {
  const run = isRun(source) ? source : undefined;
  const { imageShape, options, values } = source.model;
  const validation = run?.config.data.validation ?? leastValidation;
  const conditions = conditionsFor(options, undefined);
  const how = { validation, conditions, like: imageShape, bits: values.bits, oneIfOther: true };
  const { images, isUndivided } = await openReference(data, how);
  const heldOut = isUndivided && run ? await findHeldOutImages(run, data, { all: images, how }) : undefined;
  return fitNamed(data, heldOut ?? images, imageShape);
}

/**
 * The images that a run held out of its dataset, if these are the images of that dataset, by its path or the images themselves;
 * undefined if they are others.
 */
async function findHeldOutImages(
  run: LoadedRun,
  data: string,
  { all: allImages, how }: { readonly all: ImageSet; readonly how: Parameters<typeof openReference>[1] },
): Promise<ImageSet | undefined> {
  const record = await folderStore(run.paths).readImages();
  const isNamed = isRunData(run.paths, run.config, data);
  // A cheap check before all images are opened again.
  const isLikely = isNamed || (record && record.train.images + record.test.images === allImages.count);
  if (!isLikely) {
    return undefined;
  }
  const images = await openSplit(data, 'validation', { ...how, holdOut: holdOutIn(record) });
  const isOwn = isNamed || (record && !differenceBetween(record.validation, await identifyImages(images)));
  return isOwn ? images : undefined;
}
