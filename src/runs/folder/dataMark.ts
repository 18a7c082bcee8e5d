// Where the images of a run are: recognises the runs that this account has made, and the folder they were made in.

import { type Phrase, phrase, UserError } from '../../core/errors.ts';
import {
  createMark,
  exists,
  isOwnMark,
  pathFrom,
  pathIn,
  readText,
  realFolder,
  realPath,
} from '../../data/files/index.node.ts';
import { datasets } from '../../data/index.node.ts';
import { runFileNames } from '../contents/runFileNames.ts';
import type { Config } from '../settings/configSchema.ts';
import { type RunPaths, readSummary, runFiles } from './runFolder.ts';

/** The paths that a configuration names. */
type DataPaths = Pick<Config['data'], 'name' | 'conditions'>;

/**
 * Marks a new run as made by this account if its images or conditions are at a path. With a relative path, the mark also
 * records the way from the run folder to the working directory.
 */
export function markData(paths: RunPaths, { data }: Config): void {
  const dataPaths = pathsIn(data);
  if (dataPaths.some((path) => !isAnywhere(path) && isRelative(path) && exists(path))) {
    const way = pathFrom(realFolder(paths.directory), realFolder('.'));
    write(paths, createMark(markedText(data, way)), way);
  } else if (dataPaths.some(isAnywhere)) {
    write(paths, createMark(markedText(data)));
  }
}

function pathsIn({ name, conditions }: DataPaths): string[] {
  return conditions === undefined ? [name] : [name, conditions];
}

/** What a mark is of. */
function markedText({ name, conditions }: DataPaths, way?: string): string {
  return conditions === undefined
    ? [...(way === undefined ? [] : [way]), name].join('\n')
    : JSON.stringify([way ?? null, name, conditions]);
}

function write(paths: RunPaths, mark: string | undefined, ...way: readonly string[]): void {
  if (mark !== undefined) {
    runFiles(paths).write(runFileNames.dataMark, [mark, ...way].join('\n'));
  }
}

/** Where the images of a run are found now. */
export interface DataPlace {
  /** The name of a dataset, or a path. */
  readonly path: string;
  /** The file of their conditions, if the run names one. */
  readonly conditions?: string;
  /** Where they were found, if that is not the obvious place; null if it is. */
  readonly note: string | null;
}

/**
 * Finds the images that a run names, and the file of their conditions. A relative path is relative to the folder where this
 * account created the run. If there is nothing there any more, or another account created it, the path is relative to the
 * working directory.
 *
 * @param remedy how to name the images
 * @throws UserError (`unsupported`) if the run was trained to an action; (`mismatch`) if a path is absolute or leads up and this account didn't create the run with it,
 *   since a stranger may have chosen it; UserError (`not-found`) if there is nothing at a recorded place
 */
export function locateData(paths: RunPaths, { data }: Config, remedy: Phrase): DataPlace {
  if (isOfAction(paths)) {
    throw new UserError(
      'unsupported',
      phrase`${paths.directory} was trained to an action, without images: to train it longer, call trainToAction with resume: true; to measure it, ${remedy}`,
    );
  }
  const { isOwn, placeOf } = markOfRun(paths, data);
  const find = (name: string, subject: string): DataPlace => {
    if (isAnywhere(name) || !isRelative(name)) {
      if (isAnywhere(name) && !isOwn) {
        throw new UserError(
          'mismatch',
          phrase`${paths.config} names its ${subject} by the path ${name}, but the run was not created by this account: ${remedy}`,
        );
      }
      return { path: name, note: null };
    }
    const originalPath = placeOf(name);
    return originalPath === undefined
      ? { path: name, note: null }
      : findNearest(name, originalPath, subject, remedy);
  };
  const images = find(data.name, 'images');
  if (data.conditions === undefined) {
    return images;
  }
  const conditions = find(data.conditions, 'conditions');
  return { ...images, conditions: conditions.path, note: images.note ?? conditions.note };
}

/** Whether a run was trained to an action, as far as its summary can be read. */
function isOfAction(paths: RunPaths): boolean {
  try {
    return readSummary(paths).action === true;
  } catch (error) {
    // A damaged summary is set aside or reported where it is used.
    if (error instanceof UserError) {
      return false;
    }
    throw error;
  }
}

/** Where something is found: where the run was created, or else in the working directory. */
function findNearest(name: string, originalPath: string, subject: string, remedy: Phrase): DataPlace {
  if (originalPath === pathIn(realFolder('.'), name)) {
    return { path: name, note: null };
  }
  if (exists(originalPath)) {
    return {
      path: originalPath,
      note: `using the ${subject} ${name} in the folder where the run was created: ${originalPath}`,
    };
  }
  if (exists(name)) {
    return {
      path: name,
      note: `using the ${subject} ${name} in the working directory: there are none where the run was created (${originalPath})`,
    };
  }
  throw new UserError(
    'not-found',
    phrase`the ${subject} of the run, ${name}, are neither at ${originalPath} nor in the working directory: ${remedy}`,
  );
}

/**
 * Whether a path leads to the images that a run names. A relative path in the run starts where this account created it, as for
 * `locateData`.
 */
export function isRunData(paths: RunPaths, { data }: Config, path: string): boolean {
  const { name } = data;
  const originalPath =
    isAnywhere(name) || !isRelative(name) ? undefined : markOfRun(paths, data).placeOf(name);
  return (
    realPath(path) === realPath(originalPath !== undefined && exists(originalPath) ? originalPath : name)
  );
}

/** Whether this account created a run with these paths, and where a relative one then led; undefined if that is not recorded. */
function markOfRun(
  { dataMark, directory }: RunPaths,
  data: DataPaths,
): { readonly isOwn: boolean; placeOf(name: string): string | undefined } {
  const [mark = '', way] = exists(dataMark) ? readText(dataMark).split('\n') : [];
  const isOwn = isOwnMark(mark, markedText(data, way));
  return {
    isOwn,
    placeOf: (name) => (way !== undefined && isOwn ? pathIn(realFolder(directory), way, name) : undefined),
  };
}

/** Whether a path is absolute or leads up: names of datasets and paths below the working directory are not. */
function isAnywhere(name: string): boolean {
  return /^([/\\]|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes('..');
}

/** Whether a relative name is a path rather than a dataset's. */
function isRelative(name: string): boolean {
  return datasets.every((dataset) => dataset.name !== name);
}
