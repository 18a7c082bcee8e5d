// Where datasets are looked for by name: the folders, and the files in them.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { call, phrase, UserError } from '../../errors.ts';
import { exists } from '../../storage/files.ts';
import { publishedFiles } from './publishedFiles.ts';

/** What a dataset that is looked for consists of, and where it comes from. */
export interface DataFiles {
  /** The dataset's name. */
  readonly name: string;
  /** Files or folders, as paths within a data folder; the first that is there is the dataset. */
  readonly candidates: readonly string[];
  /** The address where a person gets it. */
  readonly from: string;
  /** Whether it has to be prepared before it can be trained on; not if not said. */
  readonly toPrepare?: boolean;
}

/**
 * The folders in which datasets are looked for, in this order: the folder in `EMERGING_DATA` alone if that is set; else
 * `data` in the working directory, then `emerging-flows` in the cache folder (`XDG_CACHE_HOME`, by default `~/.cache`).
 * What is downloaded goes to the first.
 */
export function dataFolders(env: NodeJS.ProcessEnv = process.env): [string, ...string[]] {
  if (env.EMERGING_DATA) {
    return [env.EMERGING_DATA];
  }
  return ['data', join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'emerging-flows')];
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

/** The first of the candidates in the first folder that has one; undefined where none has. */
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

/** The error for a dataset that is in none of the folders: where it comes from and where to put it. */
export function missingData(
  { name, candidates, from, toPrepare = false }: DataFiles,
  folders: readonly string[],
): UserError {
  const get = name in publishedFiles ? phrase`run ${call('downloadDataset', name)}, or ` : [];
  const next = toPrepare ? phrase`, then run ${call('prepareDataset', name)}` : [];
  return new UserError(
    'not-ready',
    phrase`${name} is not here: ${get}put ${candidates[0]!} (${from}) into ${folders.join(' or ')}${next}`,
  );
}
