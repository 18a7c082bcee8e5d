// Recognises the runs that this account has made, before their images are opened at a path anywhere on the disk.
import { type Phrase, phrase, UserError } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { isOwnMark, markOf } from '../../storage/accountKey.ts';
import { exists, readText } from '../../storage/files.ts';
import { runFiles } from './runFiles.ts';
import type { RunPaths } from './runFolder.ts';

/** Marks a new run as made by this account, if its images are at a path anywhere on the disk. */
export function markData(paths: RunPaths, { data }: Config): void {
  const mark = isAnywhere(data.name) ? markOf(data.name) : undefined;
  if (mark !== undefined) {
    runFiles(paths).write(paths.dataMark, mark);
  }
}

/**
 * Rejects the images of a run from elsewhere that are at a path anywhere on the disk: a stranger has chosen that path.
 *
 * @param remedy how to name the images
 * @throws UserError (`mismatch`) if this account has not made the run with this path
 */
export function requireOwnData(paths: RunPaths, { data }: Config, remedy: Phrase): void {
  if (isAnywhere(data.name) && !isMarked(paths, data.name)) {
    throw new UserError(
      'mismatch',
      phrase`${paths.config} names its images by the path ${data.name}, but the run was not made by this account: ${remedy}`,
    );
  }
}

function isMarked({ dataMark: path }: RunPaths, name: string): boolean {
  return exists(path) && isOwnMark(readText(path), name);
}

/** Whether a path is absolute or leads up: names of datasets and paths below the working directory are not. */
function isAnywhere(name: string): boolean {
  return /^([/\\]|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes('..');
}
