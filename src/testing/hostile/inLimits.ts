// Runs commands in processes of their own, with limits of time, memory and open files.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hasCode } from '../../data/files/fileErrors.ts';
import type { Call } from '../runCalls.ts';
import { processTree, readUsage } from './processUsage.ts';
import type { Outcome } from './runCommands.ts';

/** The limits of a command. */
export interface Limits {
  /** Processor time; ten times as long by the clock. */
  readonly seconds: number;
  /** Resident memory. */
  readonly bytes: number;
  readonly openFiles: number;
}

/**
 * Runs commands one after another. One that exceeds its limits is killed, with its process, and the others
 * run in the next.
 *
 * @param script the words that start `runCommands`
 * @returns how each ended
 */
export async function runInLimits(
  script: readonly string[],
  calls: readonly Call[],
  limits: Limits,
): Promise<readonly Outcome[]> {
  const ended: Outcome[] = [];
  while (ended.length < calls.length) {
    const more = await runSome(script, calls.slice(ended.length), limits);
    if (more.length === 0) {
      throw new Error('the process ended before its first command');
    }
    ended.push(...more);
  }
  return ended;
}

/** Runs commands in one process until it ends. */
async function runSome(
  script: readonly string[],
  calls: readonly Call[],
  { seconds, bytes, openFiles }: Limits,
): Promise<Outcome[]> {
  const temporary = mkdtempSync(join(tmpdir(), 'emerging-commands-'));
  const list = join(temporary, 'commands.json');
  writeFileSync(list, JSON.stringify(calls));
  const child = spawn('sh', ['-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...script, list], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', EMERGING_DATA: '' },
  });
  // Only the end of the process itself writes here.
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2000);
  });
  let start = { clock: performance.now(), used: 0 };
  let killed: string | undefined;
  const watch = setInterval(() => {
    const used = readUsage(child.pid!);
    killed ??=
      used.bytes > bytes
        ? `took ${(used.bytes / 2 ** 20).toFixed(0)} MiB of memory`
        : used.seconds - start.used > seconds || performance.now() - start.clock > 10_000 * seconds
          ? `took more than ${seconds} s`
          : undefined;
    if (killed !== undefined) {
      killAll(processTree(child.pid!));
    }
  }, 100);
  const ended: Outcome[] = [];
  let begun: Outcome | undefined;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      start = { clock: performance.now(), used: readUsage(child.pid!).seconds };
      const outcome = JSON.parse(line) as Outcome;
      begun = outcome.code === null ? outcome : undefined;
      if (outcome.code !== null) {
        ended.push(outcome);
      }
    }
  } finally {
    clearInterval(watch);
    rmSync(temporary, { recursive: true });
  }
  if (begun !== undefined) {
    ended.push({ ...begun, killed: killed ?? `ended the process: ${lastWords.trim()}` });
  }
  return ended;
}

function killAll(processes: readonly number[]): void {
  for (const pid of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) {
        throw error;
      }
    }
  }
}
