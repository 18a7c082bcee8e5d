// Runs commands in a process of their own, with limits of time and open files.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hasCode } from '../../storage/fileErrors.ts';
import type { Outcome } from './runCommands.ts';

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

/** What a process may take. */
export interface Limits {
  /** Of processor time for each command, and ten times as long by the clock; the process is killed then. */
  readonly seconds: number;
  readonly openFiles: number;
}

/** How commands ended, and the one that did not. */
export interface Outcomes {
  readonly ended: readonly Outcome[];
  /** The words of the command that took too long, or that ended the process. */
  readonly killed?: readonly string[] | undefined;
}

/**
 * Runs commands one after another.
 *
 * @param script the words that start `runCommands`
 * @param folder the working directory
 */
export async function runInLimits(
  script: readonly string[],
  commands: readonly (readonly string[])[],
  folder: string,
  { seconds, openFiles }: Limits,
): Promise<Outcomes> {
  const temporary = mkdtempSync(join(tmpdir(), 'emerging-commands-'));
  const list = join(temporary, 'commands.json');
  writeFileSync(list, JSON.stringify(commands));
  const child = spawn('sh', ['-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...script, list], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  /** When the current command has begun: by the clock, and in processor time. */
  let start = { clock: performance.now(), used: 0 };
  const watch = setInterval(() => {
    const used = processorSeconds(child.pid!);
    if (used - start.used > seconds || performance.now() - start.clock > 10_000 * seconds) {
      child.kill('SIGKILL');
    }
  }, 100);
  const ended: Outcome[] = [];
  let begun: Outcome | undefined;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      start = { clock: performance.now(), used: processorSeconds(child.pid!) };
      const outcome = JSON.parse(line) as Outcome;
      begun = outcome.state === 'begun' ? outcome : undefined;
      if (outcome.state !== 'begun') {
        ended.push(outcome);
      }
    }
  } finally {
    clearInterval(watch);
    rmSync(temporary, { recursive: true });
  }
  return { ended, killed: begun?.args };
}

/**
 * The processor time that a process and the children that it has waited for have taken, in seconds; 0 once it is gone, and
 * on systems other than Linux.
 */
function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) {
      return 0;
    }
    throw error;
  }
}
