// What a run that the disk has failed can go on from.
import { call, phrase, UserError } from '../../errors.ts';
import { listCheckpoints, type RunPaths } from './runFolder.ts';

/** The error of a training; where the disk failed, with the step that the run can go on from. */
export function withWayBack(error: unknown, paths: RunPaths): unknown {
  // Without a cause it is not the disk: something that is no file stands in the place of one.
  if (!(error instanceof UserError && error.code === 'io' && error.cause !== undefined)) {
    return error;
  }
  const latest = listCheckpoints(paths).at(-1);
  return latest === undefined
    ? error
    : new UserError(
        'io',
        phrase`${error.phrase}. The run is safe up to step ${latest.step}: ${call('resumeRun', paths.directory)} goes on from there`,
        { cause: error },
      );
}
