// Commands that run as one process, started as several by a launcher.
import type { Command } from 'commander';
import { launchIn } from '../../cluster/launcher.ts';
import { UserError } from '../../errors.ts';

/** The commands whose work several processes share. */
const shared = ['train', 'evaluate', 'score', 'datasets prepare'];

/**
 * Refuses a command that a launcher has started several times, if it would do the same in each process and write the same
 * files. Rank 0 alone says so; the others end.
 *
 * @throws UserError (`invalid-argument`) on rank 0
 */
export function refuseRanks(
  called: Command,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const launch = launchIn(environment);
  const group = called.parent?.parent ? `${called.parent.name()} ` : '';
  const name = `${group}${called.name()}`;
  if (launch === undefined || shared.includes(name)) {
    return;
  }
  const { launcher, rank, size } = launch;
  if (rank > 0) {
    // Without an error: a launcher would end rank 0 before it has spoken.
    process.exit(0);
  }
  throw new UserError(
    'invalid-argument',
    `emerging ${name} runs as one process, and ${launcher} has started ${size}: start it without ${launcher}; processes ` +
      'that have nothing to do with each other are started with env -u OMPI_COMM_WORLD_SIZE -u SLURM_STEP_NUM_TASKS -u PMI_SIZE',
  );
}
