// A page has no disk: nothing can be trained in a folder there.
import { UserError } from '../../core/errors.ts';
import type { PicturedRun } from './runPictures.ts';

/** @throws UserError (`unsupported`), since `startRun` of a page makes no run in a folder */
export function folderReports({ paths: { directory } }: PicturedRun): never {
  throw new UserError(
    'unsupported',
    `a page cannot train in the folder '${directory}': start the run in memoryFiles or privateFiles`,
  );
}
