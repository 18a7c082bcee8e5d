import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { launchIn } from './ranks.ts';

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

it.each([
  ['rank', '-1', 'OMPI_COMM_WORLD_RANK must be a number from 0 to 1'],
  ['rank', '2', 'OMPI_COMM_WORLD_RANK must be a number from 0 to 1'],
  ['rank', '', 'OMPI_COMM_WORLD_RANK must be a number from 0 to 1'],
  ['rank', '0.5', 'OMPI_COMM_WORLD_RANK must be a number from 0 to 1'],
  ['rank', '1e0', 'OMPI_COMM_WORLD_RANK must be a number from 0 to 1'],
  ['size', '1', 'OMPI_COMM_WORLD_RANK must be a number from 0 to 0'],
  ['size', '0', 'OMPI_COMM_WORLD_SIZE must be a number of processes from 1 to 1048576'],
  ['size', '', 'OMPI_COMM_WORLD_SIZE must be a number of processes'],
  ['size', 'two', 'OMPI_COMM_WORLD_SIZE must be a number of processes'],
  ['size', '-2', 'OMPI_COMM_WORLD_SIZE must be a number of processes'],
  ['size', '9'.repeat(400), 'OMPI_COMM_WORLD_SIZE must be a number of processes'],
])('refuses the %s %j in one line', (name, value, message) => {
  const launch = { rank: '1', size: '2', [name]: value };
  const environment = { OMPI_COMM_WORLD_RANK: launch.rank, OMPI_COMM_WORLD_SIZE: launch.size };
  expect(() => launchIn(environment)).toThrow(UserError);
  expect(() => launchIn(environment)).toThrow(message);
});
