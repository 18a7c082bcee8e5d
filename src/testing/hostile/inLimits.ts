// Runs commands in a process of their own, with limits of time and open files.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Outcome } from './runCommands.ts';

/** What a process may take. */
export interface Limits {
  /** For each command; the process is killed then. */
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
  const kill = (): NodeJS.Timeout => setTimeout(() => child.kill('SIGKILL'), 1000 * seconds);
  let late = kill();
  const ended: Outcome[] = [];
  let begun: Outcome | undefined;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      clearTimeout(late);
      late = kill();
      const outcome = JSON.parse(line) as Outcome;
      begun = outcome.state === 'begun' ? outcome : undefined;
      if (outcome.state !== 'begun') {
        ended.push(outcome);
      }
    }
  } finally {
    clearTimeout(late);
    rmSync(temporary, { recursive: true });
  }
  return { ended, killed: begun?.args };
}
