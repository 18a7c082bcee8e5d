// Programs started by Open MPI's mpirun, for tests.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Machines } from './machines.ts';

/** Whether mpirun is installed. */
export const hasMpirun = spawnSync('mpirun', ['--version']).status === 0;

/** The end of the names of tests that are skipped without it. */
export const needsMpirun = '(needs mpirun: apt-get install openmpi-bin, scripts/install-system-packages)';

/** How a job ended. */
export interface JobResult {
  /** The exit code of mpirun. */
  readonly code: number | null;
  readonly stdout: string;
  /** Of all ranks; without what mpirun itself prints. */
  readonly stderr: string;
  /** What mpirun itself prints. */
  readonly notices: string;
}

/** A job that runs. */
export interface Job {
  readonly mpirun: ChildProcess;
  /** Waits until stderr contains a text. */
  until(text: RegExp): Promise<void>;
  /** The process ids of the ranks on this machine, in order. */
  ranks(): number[];
  readonly ended: Promise<JobResult>;
}

/** Waits until processes are gone: mpirun does not wait for the end of those that it kills. */
export async function gone(ids: readonly number[]): Promise<void> {
  await expect.poll(() => ids.filter((id) => existsSync(`/proc/${id}`)), { timeout: 30_000 }).toEqual([]);
}

/** More ranks than cores, if need be. */
const settings = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'];
const onOneMachine = ['--mca', 'btl', 'self,sm'];

/** A command of which rank 1 runs a script of the shell first; the script may set `MORE`, more words of the command. */
export function afterScript(script: string, command: readonly string[]): string[] {
  const words = command.map((word) => `'${word}'`);
  const shell = `if [ $OMPI_COMM_WORLD_RANK = 1 ]; then ${script}; fi; exec ${words.join(' ')} $MORE`;
  return ['sh', '-c', shell];
}

/** Starts a command as several ranks, by default on this machine. */
export function startJob(
  ranks: number,
  command: readonly string[],
  { cwd, machines }: { readonly cwd: string; readonly machines?: Machines },
): Job {
  const { onFirst, options, environment } = machines ?? {
    onFirst: [],
    options: onOneMachine,
    environment: {},
  };
  const words = [...onFirst, 'mpirun', '-n', String(ranks), ...settings, ...options, ...command];
  const mpirun = spawn(words[0]!, words.slice(1), {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
  let [stdout, stderr] = ['', ''];
  // mpirun ends some of its own notices with a null character, which has also arrived on stdout.
  const withoutNulls = (text: string): string => text.replaceAll('\0', '');
  mpirun.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += withoutNulls(text);
  });
  mpirun.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += withoutNulls(text);
  });
  return {
    mpirun,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text.test(stderr)) {
            resolve();
          }
        };
        mpirun.stderr.on('data', look);
        mpirun.on('close', () => reject(new Error(`the job ended without ${text}: ${stderr}`)));
        look();
      }),
    ranks: () =>
      readFileSync(`/proc/${mpirun.pid}/task/${mpirun.pid}/children`, 'utf8').trim().split(' ').map(Number),
    ended: new Promise((resolve, reject) => {
      mpirun.on('error', reject);
      mpirun.on('close', (code) => {
        // Blocks between lines of dashes, and mpirun's own messages with its process id: that it could not answer a rank
        // which had already ended, for instance.
        const notice = new RegExp(`^-{70,}\\n[^]*?\\n-{70,}\\n|^\\[[^\\]\\n]*:${mpirun.pid}\\] .*\\n`, 'gm');
        const notices = (stderr.match(notice) ?? []).join('');
        resolve({ code, stdout, stderr: stderr.replace(notice, ''), notices });
      });
    }),
  };
}
