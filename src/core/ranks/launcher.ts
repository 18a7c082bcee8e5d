// Rank and size from the environment variables of an MPI launcher, before MPI itself is loaded.

import { UserError } from '../errors.ts';

/** How a process was started together with others. */
export interface Launch {
  /** The program that started it. */
  readonly launcher: 'mpirun' | 'srun' | 'mpiexec';
  /** Its number, from 0. */
  readonly rank: number;
  /** How many processes were started. */
  readonly size: number;
}

/** Variables that hold size and rank, by launcher; the first that is set counts, as mpirun may run under srun. */
const variables = [
  ['mpirun', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_RANK'],
  ['srun', 'SLURM_STEP_NUM_TASKS', 'SLURM_PROCID'],
  // MPICH and its descendants.
  ['mpiexec', 'PMI_SIZE', 'PMI_RANK'],
] as const;

/** The command that runs another as if no launcher had started it. */
export const withoutLaunch = `env ${variables.map(([, sizeName]) => `-u ${sizeName}`).join(' ')}`;

/** The most processes of a job: far more than any machine starts. */
const MOST = 2 ** 20;

/**
 * How this process was started; undefined if it is the only one.
 *
 * @throws UserError (`invalid-argument`) if its variables hold no size, or no rank of that size
 */
export function launchIn(environment: Readonly<Record<string, string | undefined>>): Launch | undefined {
  const variable = variables.find(([, sizeName]) => environment[sizeName] !== undefined);
  if (variable === undefined) {
    return undefined;
  }
  const [launcher, sizeName, rankName] = variable;
  const size = wholeNumber(environment[sizeName]);
  const rank = wholeNumber(environment[rankName] ?? '0');
  if (size === undefined || size < 1 || size > MOST) {
    throw wrong(sizeName, environment[sizeName]!, `a number of processes from 1 to ${MOST}`);
  }
  if (rank === undefined || rank >= size) {
    throw wrong(rankName, environment[rankName]!, `a number from 0 to ${size - 1}, below ${sizeName}`);
  }
  return size > 1 ? { launcher, rank, size } : undefined;
}

function wholeNumber(text: string | undefined): number | undefined {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : undefined;
}

function wrong(name: string, value: string, expected: string): UserError {
  return new UserError(
    'invalid-argument',
    `the environment variable ${name} must be ${expected}, not '${value.slice(0, 40)}': MPI launchers set it; unset it ` +
      'to run one process',
  );
}
