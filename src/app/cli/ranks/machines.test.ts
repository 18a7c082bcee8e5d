// Several machines, which are namespaces of this one: the bytes of two ranks on one machine, the end of a machine, and what
// sums send.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointPath, runPaths } from '../../../runs/folder/runFolder.ts';
import { commandLine } from '../../../testing/command.ts';
import { makeMachines } from '../../../testing/machines.ts';
import { gone, hasMpirun, needsMpirun, startJob } from '../../../testing/mpirun.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

const emerging = commandLine();
const machines = hasMpirun ? makeMachines(emerging.folder, 2) : undefined;
const hostPaths = (name: string) => runPaths(join(emerging.folder, name));
const start = (on: typeof machines, ...args: string[]) =>
  startJob(2, emerging.words('train', '--data=data', ...tinyTraining, '--no-test', '--threads=1', ...args), {
    cwd: emerging.folder,
    ...(on && { machines: on }),
  });

beforeAll(() => writeTinyDataset(join(emerging.folder, 'data')));
afterAll(() => machines?.remove());

describe.skipIf(machines === undefined)(
  `on two machines ${needsMpirun}, and network namespaces`,
  { tags: 'system' },
  () => {
    it('a run has the bytes of two ranks on one', async () => {
      const { code, stderr } = await start(machines, '--steps=10', '--out=two').ended;
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('2 ranks on 2 machines (machine1, machine2), each with 8 images of a batch');
      expect((await start(undefined, '--steps=10', '--out=one').ended).code).toBe(0);
      const bytes = (name: string) => [
        readFileSync(hostPaths(name).metrics, 'utf8'),
        readFileSync(checkpointPath(hostPaths(name), 10), 'base64'),
      ];
      expect(bytes('two')).toEqual(bytes('one'));
    });

    it('a run ends if one of them does, and resumes without it', async () => {
      const job = start(machines, '--steps=100000', '--out=dead');
      await job.until(/step [1-9]/);
      const first = job.ranks();
      machines!.crash(2);
      const { notices } = await job.ended;
      expect(notices).toContain('on node machine2');
      await gone(first);
      const resume = emerging.words('train', '--resume=dead', '--stop-at=3', '--no-test');
      const [program, ...words] = [...machines!.onFirst, ...resume] as [string, ...string[]];
      const resumed = spawnSync(program, words, { cwd: emerging.folder, encoding: 'utf8' });
      expect(resumed.status, resumed.stderr).toBe(0);
      expect(resumed.stdout).toContain('3 steps done');
    });

    // Three quarters of the array to be summed, and three quarters of the sums, are 1.5 times the array; a tree would send
    // twice the array. Each also has its own messages.
    it('no machine sends much more than a sum over four ranks needs', async () => {
      const four = makeMachines(emerging.folder, 4)!;
      try {
        const summing = emerging.scriptWords('testing/sumOnRanks');
        const { code, stdout, stderr } = await startJob(4, summing, {
          cwd: emerging.folder,
          machines: four,
        }).ended;
        expect(code, stderr).toBe(0);
        expect(stdout).toBe('10 10\n');
        expect(Math.max(...four.sentBytes()) / 2 ** 23).toBeLessThan(1.7);
      } finally {
        four.remove();
      }
    });
  },
);
