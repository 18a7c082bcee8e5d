// Where the images of a run are: recognises the runs that this account has made, and the folder they were made in.
import { datasets } from '../../data/registry.ts';
import { type Phrase, phrase, UserError } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { isOwnMark, markOf } from '../../storage/accountKey.ts';
import { exists, readText, realPath } from '../../storage/files.ts';
import { pathFrom, pathIn, realFolder } from '../../storage/folders.ts';
import type { RunPaths } from './runFolder.ts';
import { runFiles } from './runLock.ts';

/**
 * Marks a new run as made by this account if its images are at a path. With a relative path, the mark also records the
 * way from the run folder to the working directory.
 */
export function markData(paths: RunPaths, { data: { name } }: Config): void {
  if (isAnywhere(name)) {
    write(paths, markOf(name));
  } else if (isRelative(name) && exists(name)) {
    const way = pathFrom(realFolder(paths.directory), realFolder('.'));
    write(paths, markOf(`${way}\n${name}`), way);
  }
}

function write(paths: RunPaths, mark: string | undefined, ...way: readonly string[]): void {
  if (mark !== undefined) {
    runFiles(paths).write(paths.dataMark, [mark, ...way].join('\n'));
  }
}

/** Where the images of a run are found now. */
export interface DataPlace {
  /** The name of a dataset, or a path. */
  readonly path: string;
  /** Where they were found, if that is not the obvious place; null if it is. */
  readonly note: string | null;
}

/**
 * Finds the images that a run names. A relative path is relative to the folder where this account created the run. If the
 * images are no longer there, or another account created it, the path is relative to the working directory.
 *
 * @param remedy how to name the images
 * @throws UserError (`mismatch`) if the path is absolute or leads up and this account didn't create the run with it,
 *   since a stranger may have chosen it; UserError (`not-found`) if there are no images at a recorded place
 */
export function locateData(paths: RunPaths, { data: { name } }: Config, remedy: Phrase): DataPlace {
  if (isAnywhere(name)) {
    requireOwn(paths, name, remedy);
    return { path: name, note: null };
  }
  const made = isRelative(name) ? placeWhenMade(paths, name) : undefined;
  if (made === undefined || made === pathIn(realFolder('.'), name)) {
    return { path: name, note: null };
  }
  if (exists(made)) {
    return {
      path: made,
      note: `using the images ${name} in the folder where the run was created: ${made}`,
    };
  }
  if (exists(name)) {
    return {
      path: name,
      note: `using the images ${name} in the working directory: there are none where the run was created (${made})`,
    };
  }
  throw new UserError(
    'not-found',
    phrase`the images of the run, ${name}, are neither where it was created (${made}) nor in the working directory: ${remedy}`,
  );
}

/**
 * Whether a path leads to the images that a run names. A relative path in the run starts where this account created it, as for
 * `locateData`.
 */
export function isDataOf(paths: RunPaths, { data: { name } }: Config, path: string): boolean {
  const made = isAnywhere(name) || !isRelative(name) ? undefined : placeWhenMade(paths, name);
  return realPath(path) === realPath(made !== undefined && exists(made) ? made : name);
}

function requireOwn(paths: RunPaths, name: string, remedy: Phrase): void {
  if (!(exists(paths.dataMark) && isOwnMark(readText(paths.dataMark), name))) {
    throw new UserError(
      'mismatch',
      phrase`${paths.config} names its images by the path ${name}, but the run was not created by this account: ${remedy}`,
    );
  }
}

/** The path that a relative one had when this account made the run; undefined if it has not, or it is not recorded. */
function placeWhenMade({ dataMark, directory }: RunPaths, name: string): string | undefined {
  const [mark = '', way] = exists(dataMark) ? readText(dataMark).split('\n') : [];
  return way !== undefined && isOwnMark(mark, `${way}\n${name}`)
    ? pathIn(realFolder(directory), way, name)
    : undefined;
}

/** Whether a path is absolute or leads up: names of datasets and paths below the working directory are not. */
function isAnywhere(name: string): boolean {
  return /^([/\\]|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes('..');
}

/** Whether a name that is not anywhere is a path rather than that of a dataset. */
function isRelative(name: string): boolean {
  return datasets.every((dataset) => dataset.name !== name);
}
