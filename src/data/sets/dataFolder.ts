// Finds named datasets in the data folders: their files, and prepared ones.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { call, type Phrase, phrase, UserError } from '../../core/errors.ts';
import { showImageShape } from '../../core/numeric/index.ts';
import type { NamedDataset, RawDataset } from '../contract/rawImages.ts';
import { ClosedFolder } from '../files/closedFolder.ts';
import { exists } from '../files/files.ts';
import { makeFolders } from '../files/folders.ts';
import { packedFile } from '../packed/packedFile.ts';
import type { DatasetRecord } from './records.ts';

/** The fields of a dataset's record that locate its files. */
type DataFiles = Pick<DatasetRecord, 'name' | 'downloads' | 'toPrepare'> &
  Required<Pick<DatasetRecord, 'candidates' | 'from'>>;

/**
 * The folders that are searched for datasets, in this order: only `EMERGING_DATA` if that is set;
 * otherwise `data` in the working directory, then `emerging-flows` in the cache folder (`XDG_CACHE_HOME`, by
 * default `~/.cache`). Downloads go to the first.
 */
export function dataFolders(env: NodeJS.ProcessEnv = process.env): [string, ...string[]] {
  if (env.EMERGING_DATA) {
    return [env.EMERGING_DATA];
  }
  return ['data', join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'emerging-flows')];
}

interface WritableDataFolder {
  readonly path: string;
  /** Changes files in it, never through a link. */
  readonly files: ClosedFolder;
}

/**
 * Creates the first data folder, to write to it. The folder in `EMERGING_DATA` may be a link, but `data` in the working
 * directory may not, since no one has named it.
 *
 * @throws UserError (`invalid-data`) if `data` is a link, or if it cannot be created
 */
export function writableDataFolder(env: NodeJS.ProcessEnv = process.env): WritableDataFolder {
  const [path] = dataFolders(env);
  const remedy = ['delete the link, or set EMERGING_DATA to the folder for datasets'];
  if (env.EMERGING_DATA) {
    makeFolders(path);
    return { path, files: new ClosedFolder(path, { remedy }) };
  }
  const files = new ClosedFolder('.', { remedy });
  files.makeFolder(path);
  return { path, files };
}

/**
 * The path of a dataset in the data folders.
 *
 * @throws UserError `not-ready` if it is in none of them, `io` if one of them cannot be read
 */
export async function findInDataFolders(
  files: DataFiles,
  folders: readonly string[] = dataFolders(),
): Promise<string> {
  const path = await lookInDataFolders(files.candidates, folders);
  if (path === undefined) {
    throw missingData(files, folders);
  }
  return path;
}

/** The first candidate in the first folder that has one; undefined if none does. */
async function lookInDataFolders(
  candidates: readonly string[],
  folders: readonly string[] = dataFolders(),
): Promise<string | undefined> {
  for (const path of folders.flatMap((folder) => candidates.map((candidate) => join(folder, candidate)))) {
    if (exists(path)) {
      return path;
    }
  }
  return undefined;
}

/** The error for a dataset that is in none of the folders: where to get it and where to put it. */
export function missingData(
  { name, candidates, from, downloads, toPrepare = false }: DataFiles,
  folders: readonly string[],
): UserError {
  const get = downloads ? phrase`run ${call('downloadDataset', name)}, or ` : [];
  const next = toPrepare ? phrase`, then run ${call('prepareDataset', name)}` : [];
  return new UserError(
    'not-ready',
    phrase`${name} was not found: ${get}put ${candidates[0]!} (${from}) into ${folders.join(' or ')}${next}`,
  );
}

/** The name of the file within a data folder. */
export function preparedName({ name }: NamedDataset): string {
  return `${name}.images`;
}

/** The path of a dataset's prepared file; undefined if there is none. Does not read the file. */
export function findPrepared(named: NamedDataset): Promise<string | undefined> {
  return lookInDataFolders([preparedName(named)]);
}

/**
 * Opens a dataset's prepared file.
 *
 * @throws UserError if it is corrupt, or its images don't have the shape of the dataset
 */
export async function openPrepared(named: NamedDataset, path: string): Promise<RawDataset> {
  const { name, imageShape, counts } = named;
  const source = await packedFile.open(path);
  const { imageShape: stored } = await source.train.set!();
  const [actual, expected] = [stored, imageShape].map(showImageShape) as [string, string];
  if (actual !== expected) {
    throw new UserError(
      'mismatch',
      phrase`${path}: its images are ${actual}, but ${name} has ${expected}: rename the file and run ${call('prepareDataset', name)}`,
    );
  }
  return { ...source, ...(counts && { published: { path, name, ...counts } }) };
}

/** The location and state of a dataset. */
export interface DatasetPlace {
  /**
   * `ready`: can be opened by name; `prepared`: has a prepared file in a data folder; `unprepared`: must be
   * prepared first; `missing`: not found; `unusable`: incomplete or unreadable.
   */
  readonly state: 'ready' | 'prepared' | 'unprepared' | 'missing' | 'unusable';
  /** The file or folder; null if missing or unusable. */
  readonly path: string | null;
  /** What to do before training on it, or what is wrong with it, in one line; null if nothing. */
  readonly todo: Phrase | null;
}

/** Looks for a dataset where `openDataset` would; reads no images. */
export async function placeOfDataset(named: NamedDataset): Promise<DatasetPlace> {
  try {
    const prepared = await findPrepared(named);
    if (prepared !== undefined) {
      return { state: 'prepared', path: prepared, todo: null };
    }
    const path = await named.locate();
    return named.toPrepare
      ? { state: 'unprepared', path, todo: unprepared(named, path) }
      : { state: 'ready', path, todo: null };
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    const state = error.code === 'not-ready' ? 'missing' : 'unusable';
    return { state, path: null, todo: error.phrase };
  }
}

/** What to do with a dataset that must be prepared before it can be opened. */
export function unprepared({ name }: NamedDataset, path: string): Phrase {
  return phrase`${name} is at ${path} and must be prepared before use: run ${call('prepareDataset', name)}`;
}
