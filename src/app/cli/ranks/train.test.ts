// `mpirun emerging train`: one run by several processes, how it is stopped, killed and resumed, and what is refused.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJsonLines } from '../../../data/files/files.ts';
import { checkpointPath, runPaths, savedSteps } from '../../../runs/folder/runFolder.ts';
import { commandProcess } from '../../../testing/command.ts';
import {
  afterScript,
  gone,
  hasMpirun,
  type Job,
  type JobResult,
  needsMpirun,
  startJob,
} from '../../../testing/mpirun.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

const emerging = commandProcess();
const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
const train = (...args: string[]) => [
  'train --data=data --no-test',
  ...tinyTraining,
  '--set=training.batchSize=12',
  ...args,
];

const start = (ranks: number, ...args: string[]): Job =>
  startJob(ranks, emerging.words(...args), { cwd: emerging.folder });
const run = (ranks: number, ...args: string[]): Promise<JobResult> => start(ranks, ...args).ended;

/** Runs the command in a folder of its own on rank 1, or with other arguments. */
const differing = (script: string, ...args: string[]): Promise<JobResult> =>
  startJob(2, afterScript(script, emerging.words(...args)), { cwd: emerging.folder }).ended;

const readSummary = (name: string) => JSON.parse(readFileSync(runPaths(inFolder(name)).summary, 'utf8'));
const readLosses = (name: string) =>
  [...readJsonLines(runPaths(inFolder(name)).metrics)].flatMap(
    ({ bitsPerDim }) => (bitsPerDim as number) ?? [],
  );
const readCheckpointBytes = (name: string, step: number) => [
  readFileSync(runPaths(inFolder(name)).metrics, 'utf8'),
  readFileSync(checkpointPath(runPaths(inFolder(name)), step), 'base64'),
];

/** A job with a rank that hangs: it takes half a minute to end, while other tests run. */
let hung: { readonly ranks: readonly number[]; readonly ended: Promise<JobResult> };

beforeAll(async () => {
  writeTinyDataset(inFolder('data'));
  if (hasMpirun) {
    const job = start(2, ...train('--steps=100000', '--out=hung'));
    await job.until(/step [1-9]/);
    hung = { ranks: job.ranks(), ended: job.ended };
    process.kill(hung.ranks[1]!, 'SIGSTOP');
  }
});

describe.skipIf(!hasMpirun)(`a run by several ranks ${needsMpirun}`, { tags: 'system' }, () => {
  const settings = ['--steps=10', '--set=training.microBatch=4', '--set=training.clipNorm=1'];
  const trained = async (ranks: number, name: string): Promise<void> => {
    const { code, stderr, stdout } = await run(ranks, ...train(...settings, `--out=${name}`));
    expect(code, stderr).toBe(0);
    // Rank 0 alone prints.
    expect(stdout.match(/10 steps done/g)).toHaveLength(1);
    expect(stderr.match(/parameters/g)).toHaveLength(1);
    expect(stderr).toContain(`${ranks} ranks on `);
  };

  beforeAll(() => emerging.json(...train(...settings, '--out=alone')));

  it.each([2, 4])('of %i equals one process up to rounding', async (ranks) => {
    await trained(ranks, `of ${ranks}`);
    const [expected, losses] = [readLosses('alone'), readLosses(`of ${ranks}`)];
    expect(losses).toHaveLength(10);
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss - expected[step]!)).toBeLessThan(1e-5);
    }
    expect(readSummary(`of ${ranks}`)).toMatchObject({ ranks, steps: 10, complete: true });
    expect(readFileSync(inFolder(`of ${ranks}`, 'README.md'), 'utf8')).toContain(`on each of ${ranks} ranks`);
    const samples = savedSteps(runPaths(inFolder(`of ${ranks}`)));
    expect(samples).toEqual([2, 4, 6, 8, 10]);
  });

  // The sum of two numbers does not depend on their order.
  it('has the same bytes each time', async () => {
    await trained(4, 'again');
    expect(readCheckpointBytes('again', 10)).toEqual(readCheckpointBytes('of 4', 10));
  });

  it('stops after a step if mpirun gets SIGUSR2, or any rank SIGTERM, and resumes with other ranks', async () => {
    const job = start(3, ...train('--steps=100000', '--out=stopped'));
    await job.until(/step [1-9]/);
    job.mpirun.kill('SIGUSR2');
    const { code, stderr, stdout } = await job.ended;
    expect(code, stderr).toBe(128 + 12);
    expect(stderr).toContain('stopping after this step');
    expect(stdout).toContain('to continue: emerging train --resume stopped');
    const { steps } = readSummary('stopped');
    expect(readLosses('stopped')).toHaveLength(steps);
    const again = start(2, 'train', '--resume=stopped', '--no-test');
    await again.until(/step [1-9]/);
    process.kill(again.ranks()[1]!, 'SIGTERM');
    const second = await again.ended;
    expect(second.code, second.stderr).toBe(143);
    expect(second.stderr).toMatch(/on each of 3 ranks before, now on cpu.* on each of 2 ranks/);
    expect(readSummary('stopped')).toMatchObject({
      ranks: 2,
      complete: false,
      changes: expect.arrayContaining([{ step: steps, setting: 'ranks', from: 3, to: 2 }]),
    });
    expect(readSummary('stopped').steps).toBeGreaterThan(steps);
  });

  it('ends if a rank is killed, says how to resume, and resumes in one process', async () => {
    const job = start(2, ...train('--steps=100000', '--out=killed'));
    await job.until(/step [1-9]/);
    const ranks = job.ranks();
    process.kill(ranks[1]!, 'SIGKILL');
    const { code, stderr, notices } = await job.ended;
    expect(code).toBe(128 + 9);
    expect(notices).toMatch(/rank 1 .*on node/);
    expect(stderr).toContain('emerging train --resume killed continues from the last checkpoint');
    await gone(ranks);
    const resumed = await emerging.run('train', '--resume=killed', '--stop-at=3', '--no-test');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(readSummary('killed')).toMatchObject({ ranks: 1, steps: 3 });
  });
});

it.skipIf(!hasMpirun)(`ends if rank 0 fails ${needsMpirun}`, { tags: 'system' }, async () => {
  const job = start(2, ...train('--steps=100000', '--out=lost'));
  await job.until(/step [1-9]/);
  rmSync(inFolder('lost', 'training.lock'));
  const { code, stderr } = await job.ended;
  expect(stderr).toMatch(/^emerging: this training of lost stops here, because another may have started/m);
  expect(stderr).not.toContain('rank 1');
  expect(code).toBe(1);
});

describe.skipIf(!hasMpirun)(`ranks that do not come ${needsMpirun}`, { tags: 'system' }, () => {
  it('are named by rank 0, which ends them', async () => {
    const library = join(dirname(emerging.words()[1]!), '..', '..', 'core', 'ranks', 'joinRanks.node.js');
    const script = `
      import { joinRanks } from ${JSON.stringify(library)};
      const ranks = await joinRanks();
      await new Promise((resolve) => setTimeout(resolve, ranks.rank === 1 ? 600_000 : 0));
      console.log(JSON.stringify([await ranks.meet(2), ranks.cores >= 1]));
      process.exitCode = 3;
    `;
    const command = [process.execPath, '--input-type=module', '--eval', script];
    const { code, stdout } = await startJob(3, command, { cwd: emerging.folder }).ended;
    expect(stdout).toBe('[[1],true]\n');
    expect(code).toBe(3);
  });

  it('are reported if the launcher does not start them for Open MPI', async () => {
    const [node, ...args] = emerging.words(...train('--out=apart')) as [string, ...string[]];
    const started = (environment: Record<string, string>) =>
      spawnSync(node, args, {
        cwd: emerging.folder,
        encoding: 'utf8',
        env: { ...process.env, ...environment },
      });
    const first = started({ SLURM_STEP_NUM_TASKS: '2', SLURM_PROCID: '0' });
    expect(first.stderr).toBe(
      'emerging: srun has started 2 processes, but Open MPI has not connected them: set SLURM_MPI_TYPE=pmix for srun, or use ' +
        'mpirun inside of sbatch; to start one process, use env -u OMPI_COMM_WORLD_SIZE -u SLURM_STEP_NUM_TASKS -u PMI_SIZE\n',
    );
    expect(first.status).toBe(1);
    // One that rank 0 has not ended has none: the variables are left over from elsewhere, or the launcher lets it run.
    const second = started({ SLURM_STEP_NUM_TASKS: '2', SLURM_PROCID: '1' });
    expect(second.stderr).toBe(first.stderr.replace('srun', 'rank 1: srun'));
    expect(second.status).toBe(1);
  });
});

describe.skipIf(!hasMpirun)(`bad input to several ranks ${needsMpirun}`, { tags: 'system' }, () => {
  /** The lines that a job printed must be one. */
  const expectLine = ({ code, stdout, stderr }: JobResult, expected: RegExp, exitCode: number): void => {
    // On a busy machine mpirun may add that it could not reach a rank that has ended.
    const lines = stderr.trim().split('\n');
    expect(lines.filter((line) => !/^\[\S+\] PMIX ERROR: PMIX_ERR_UNREACH /.test(line))).toEqual([
      expect.stringMatching(expected),
    ]);
    expect(stdout).toBe('');
    expect(code).toBe(exitCode);
  };

  it('is refused by rank 0 alone: a run that exists, or that another job trains', async () => {
    await emerging.json(...train('--steps=2', '--out=exists'));
    expectLine(await run(2, ...train('--out=exists')), /^emerging: exists already holds a run; choose/, 2);
    const job = start(2, ...train('--steps=100000', '--out=busy'));
    await job.until(/step [1-9]/);
    const second = await run(2, 'train', '--resume=busy');
    expect(second.stderr).toMatch(/^emerging: busy is being trained by process \d+ on /m);
    expect(second.stderr).not.toContain('rank 1');
    expect(second.code).toBe(1);
    job.mpirun.kill('SIGUSR2');
    expect((await job.ended).code).toBe(140);
  });

  it('names the rank with another command, no images, or other images, and leaves no run', async () => {
    const args = train('--steps=2', '--out=differing');
    expectLine(
      await differing('MORE=--seed=1', ...args),
      /^emerging: rank 1 on .* was started with '.*--seed=1', rank 0 on .* '.*differing': all ranks run/,
      1,
    );
    mkdirSync(inFolder('elsewhere'));
    expectLine(
      await differing('cd elsewhere', ...args),
      /^emerging: rank 1 on .*: unknown file, folder or dataset 'data'/,
      1,
    );
    writeTinyDataset(inFolder('elsewhere', 'data'), { seed: 5 });
    expectLine(
      await differing('cd elsewhere', ...args),
      /^emerging: the images of rank 1 on .* and rank 0 on .* differ: copy them, or use a shared disk$/,
      1,
    );
    expect(() => readFileSync(inFolder('differing', 'config.yaml'))).toThrow('ENOENT');
    // Only rank 0 needs to see the run folder.
    rmSync(inFolder('elsewhere', 'data'), { recursive: true });
    writeTinyDataset(inFolder('elsewhere', 'data'));
    const { code, stderr } = await differing('cd elsewhere', ...args);
    expect(code, stderr).toBe(0);
    expect(readSummary('differing')).toMatchObject({ ranks: 2 });
    expect(() => readFileSync(inFolder('elsewhere', 'differing', 'config.yaml'))).toThrow('ENOENT');
  });
});

it.skipIf(!hasMpirun)(
  `a rank that hangs during training ends the job; nothing saved is lost ${needsMpirun}`,
  { tags: 'system' },
  async () => {
    const { code, stderr } = await hung.ended;
    // It stops before an exchange, where it is missed, or inside one.
    const missed =
      '(rank 1 on .* has not joined a data exchange|all ranks have joined the data exchange, but no data has arrived) for 30 seconds';
    const resumption = 'emerging train --resume hung resumes the run, with any number of ranks';
    expect(stderr.split('\n').filter((line) => line.startsWith('emerging:'))).toEqual([
      expect.stringMatching(`^emerging: ${missed}: .*\\. Nothing saved is lost: ${resumption}$`),
    ]);
    expect(code).toBe(1);
    await gone(hung.ranks);
    const saved = savedSteps(runPaths(inFolder('hung'))).length;
    const resumed = await emerging.run('train', '--resume=hung', '--stop-at=3', '--no-test');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(savedSteps(runPaths(inFolder('hung'))).length).toBeGreaterThanOrEqual(saved);
  },
);
