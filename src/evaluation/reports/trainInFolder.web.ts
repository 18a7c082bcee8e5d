// A page has no disk: nothing can be trained in a folder there.
import { UserError } from '../../errors.ts';
import type { FolderTrainingOptions } from './folderReports.ts';

/** @throws UserError (`unsupported`), since `startRun` of a page makes no run in a folder */
export async function trainInFolder({ paths: { directory } }: FolderTrainingOptions): Promise<never> {
  throw new UserError(
    'unsupported',
    `a page cannot train in the folder '${directory}': start the run in memoryFiles or privateFiles`,
  );
}
