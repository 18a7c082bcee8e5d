// What a run that the disk has failed can go on from.
import { UserError } from '../../errors.ts';
import { listCheckpoints, type RunPaths } from './runFolder.ts';

/** The error of a training; where the disk failed, with the step that the run can go on from. */
export function withWayBack(error: unknown, paths: RunPaths): unknown {
  const latest = isFileFailure(error) ? listCheckpoints(paths).at(-1) : undefined;
  return latest === undefined
    ? error
    : new UserError(
        `${(error as Error).message}. The run is safe up to step ${latest.step}: ` +
          `emerging train --resume ${paths.directory} goes on from there`,
        { cause: error },
      );
}

function isFileFailure(error: unknown): boolean {
  const { cause } = error instanceof UserError ? error : {};
  return cause instanceof AggregateError || (cause instanceof Error && 'syscall' in cause);
}
