// Finds named datasets in the data folders.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { call, phrase, UserError } from '../../errors.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { exists } from '../../storage/files.ts';
import { makeFolders } from '../../storage/folders.ts';
import type { DatasetRecord } from './records.ts';

/** The fields of a dataset's record that locate its files. */
type DataFiles = Pick<DatasetRecord, 'name' | 'downloads' | 'toPrepare'> &
  Required<Pick<DatasetRecord, 'candidates' | 'from'>>;

/**
 * The folders that are searched for datasets, in this order: only the one in `EMERGING_DATA` if that is set;
 * otherwise `data` in the working directory, then `emerging-flows` in the cache folder (`XDG_CACHE_HOME`, by
 * default `~/.cache`). Downloads go to the first.
 */
export function dataFolders(env: NodeJS.ProcessEnv = process.env): [string, ...string[]] {
  if (env.EMERGING_DATA) {
    return [env.EMERGING_DATA];
  }
  return ['data', join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'emerging-flows')];
}

/** A data folder to write to. */
export interface WritableDataFolder {
  /** Its path. */
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
export async function lookInDataFolders(
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
