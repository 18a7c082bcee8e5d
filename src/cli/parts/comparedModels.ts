// The models of `emerging compare`: loads them, and refuses those whose bits/dim are not comparable.
import { realpathSync } from 'node:fs';
import type { ImageSet, Split } from '../../data/contract/dataset.ts';
import { UserError, type UserErrorCode } from '../../errors.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import { holdOutIn } from '../../runs/contents/dataRecord.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import type { LoadedRun } from '../../trained/loading/loadRun.ts';
import { isRun, loadTrained } from '../../trained/loading/loadTrained.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';
import { messageOf } from '../terminal/wording.ts';
import { differenceFromRun } from './runImages.ts';

/** One of the models that are compared. */
export interface ComparedModel {
  /** The folder, as named by the user. */
  readonly directory: string;
  readonly trained: LoadedRun | TrainedModel;
  /** The same if it is a run; undefined for an export. */
  readonly run: LoadedRun | undefined;
}

/** A model with broken files. */
interface BrokenModel {
  readonly run: string;
  readonly problem: string;
}

/** The codes of errors in files. Others are mistakes in the command, such as a misspelt name. */
const fileErrors: readonly UserErrorCode[] = ['invalid-data', 'invalid-config', 'not-ready', 'io'];

/**
 * Loads the models to compare, and reports those with broken files if at least two others are left.
 *
 * @throws UserError if fewer than two are left, a name is wrong, or two models are the same or not comparable
 */
export async function loadCompared(
  directories: readonly string[],
  choice: Parameters<typeof loadTrained>[1],
): Promise<{ models: ComparedModel[]; broken: BrokenModel[] }> {
  const models: ComparedModel[] = [];
  const failed: { readonly run: string; readonly error: UserError }[] = [];
  for (const directory of directories) {
    try {
      const trained = await loadTrained(directory, choice);
      models.push({ directory, trained, run: isRun(trained) ? trained : undefined });
    } catch (error) {
      if (!(error instanceof UserError && fileErrors.includes(error.code))) {
        throw error;
      }
      failed.push({ run: directory, error });
    }
  }
  if (models.length < 2 && failed.length > 0) {
    throw failed[0]!.error;
  }
  requireDifferent(models);
  for (const model of models) {
    requireComparable(models[0]!, model);
  }
  return { models, broken: failed.map(({ run, error }) => ({ run, problem: messageOf(error) })) };
}

/** Refuses a model that is named twice: it does not differ from itself, and the plot needs distinct names. */
function requireDifferent(models: readonly ComparedModel[]): void {
  const seen = new Map<string, string>();
  for (const { directory, run } of models) {
    const folder = realpathSync(directory);
    const earlier = seen.get(folder);
    if (earlier !== undefined) {
      const what = run ? 'run' : 'export';
      const names =
        earlier === directory
          ? `${earlier} is named twice`
          : `${earlier} and ${directory} are the same ${what}`;
      throw new UserError('invalid-argument', `${names}: name different ${what}s`);
    }
    seen.set(folder, directory);
  }
}

/** Refuses models whose bits/dim are not comparable: of images of another shape, or with other bits per pixel. */
function requireComparable(first: ComparedModel, other: ComparedModel): void {
  requireEqual(first.directory, other.directory, 'images', 'name models of the same kind of images', {
    'the image shape': [first, other].map(({ trained }) => showImageShape(trained.model.imageShape)),
    'model.continuous': [first, other].map(({ trained }) => String(trained.model.values.bits === undefined)),
    'model.bits': [first, other].map(({ trained }) => trained.model.values.bits ?? 'none'),
  });
}

/** Refuses runs that were trained on other data, unless images are named for both, or have held out another share. */
export function requireSameData(
  first: LoadedRun,
  other: LoadedRun,
  split: Split,
  named: string | undefined,
): void {
  const data = [first, other].map(({ config }) => config.data);
  const folders = [first.paths.directory, other.paths.directory] as const;
  if (named === undefined) {
    const remedy = 'name images for both with --data';
    requireEqual(...folders, `${split} images`, remedy, { 'data.name': data.map(({ name }) => name) });
  }
  // The test images do not depend on it. With other shares, one has trained on images that the other has held out.
  if (split !== 'test') {
    const shares = data.map(({ validation }) => validation);
    // How many images `auto` holds out depends on the dataset: requireSameImages compares the images themselves.
    if (named !== undefined || !shares.includes('auto')) {
      requireEqual(...folders, `${split} images`, 'compare them on --split test', {
        'data.validation': shares,
      });
    }
  }
}

function requireEqual(
  first: string,
  other: string,
  images: string,
  remedy: string,
  values: Readonly<Record<string, readonly (string | number)[]>>,
): void {
  for (const [key, [one, two]] of Object.entries(values)) {
    if (one !== two) {
      throw new UserError(
        'invalid-argument',
        `${first} and ${other} cannot be compared on ${images}: ${key} is ${one} in one and ${two} in the other; ${remedy}`,
      );
    }
  }
}

/** Refuses runs that were trained with other images, or held out other ones. */
export async function requireSameImages(
  runs: readonly LoadedRun[],
  split: Split,
  images: ImageSet,
): Promise<void> {
  const [first] = runs as [LoadedRun];
  const isByName = async ({ paths }: LoadedRun): Promise<boolean> =>
    holdOutIn(await folderStore(paths).readImages())?.by === 'name';
  for (const run of runs) {
    const difference =
      split !== 'test' && (await isByName(run)) !== (await isByName(first))
        ? 'validation images were held out by name in one and by position in the other'
        : await differenceFromRun(run, split, images);
    if (difference !== undefined) {
      throw new UserError(
        'mismatch',
        `${first.paths.directory} and ${run.paths.directory} cannot be compared on ${split} images: ${difference}; ` +
          'name images for both with --data',
      );
    }
  }
}
