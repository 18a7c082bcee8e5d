// What an MPI launcher says of a process in its environment, before MPI itself is loaded.

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

/** How this process was started; undefined if it is the only one. */
export function launchIn(environment: Readonly<Record<string, string | undefined>>): Launch | undefined {
  for (const [launcher, sizeName, rankName] of variables) {
    const [size, rank] = [Number(environment[sizeName]), Number(environment[rankName] ?? 0)];
    if (environment[sizeName] !== undefined) {
      return Number.isInteger(size) && size > 1 ? { launcher, rank, size } : undefined;
    }
  }
  return undefined;
}
