// The command `emerging` in a process of its own, as a person calls it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Interruption } from './interruption.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How a call ended. */
export interface Called {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null;
  /** What it printed with `--json`; its `error` where it failed. */
  readonly json: Record<string, unknown>;
}

/** Calls `emerging ARGS --json`; progress goes to stderr. An interruption is passed on, and the call then ends in order. */
export function emerging(interruption: Interruption, ...args: readonly string[]): Promise<Called> {
  // A group of its own: a Ctrl-C that the terminal sends to all would reach it twice, and twice means at once.
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = new Promise<Called>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, json: parsed(stdout) }));
  });
  return interruption.telling(() => child.kill('SIGINT'), ended);
}

function parsed(stdout: string): Record<string, unknown> {
  try {
    return JSON.parse(stdout);
  } catch {
    return { error: stdout === '' ? 'it printed nothing' : `it printed: ${stdout.slice(0, 200)}` };
  }
}
