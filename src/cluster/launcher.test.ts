import { expect, it } from 'vitest';
import { launchIn } from './launcher.ts';

it.each([
  [{}, undefined],
  [{ OMPI_COMM_WORLD_SIZE: '1', OMPI_COMM_WORLD_RANK: '0' }, undefined],
  [
    { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '3' },
    { launcher: 'mpirun', rank: 3, size: 4 },
  ],
  [
    { SLURM_STEP_NUM_TASKS: '2', SLURM_PROCID: '1' },
    { launcher: 'srun', rank: 1, size: 2 },
  ],
  // One process of a batch script that was allocated four.
  [{ SLURM_NTASKS: '4', SLURM_PROCID: '0' }, undefined],
  // One process of mpirun, itself in a step of four.
  [{ SLURM_STEP_NUM_TASKS: '4', OMPI_COMM_WORLD_SIZE: '1' }, undefined],
  [
    { PMI_SIZE: '2', PMI_RANK: '0' },
    { launcher: 'mpiexec', rank: 0, size: 2 },
  ],
])('finds in %j: %j', (environment, launch) => {
  expect(launchIn(environment)).toEqual(launch);
});
