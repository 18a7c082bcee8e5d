// Child processes: the command `emerging` as a user calls it, scripts of this repository, other programs.
import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Interruption } from '../../src/app/cli/terminal/interruption.ts';

const main = fileURLToPath(new URL(`../../src/app/cli/main${extname(import.meta.url)}`, import.meta.url));

/** How a process ended. */
interface Ended {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
}

/** How a process is run. */
interface ProcessOptions {
  /** Its environment; by default this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Passed on to it, so that it shuts down cleanly. */
  readonly interruption?: Interruption;
}

/** How a call of `emerging` ended. */
interface Called {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null;
  /** Its `--json` output; its `error` if it failed. */
  readonly json: Record<string, unknown>;
}

/**
 * Calls `emerging ARGS --json`; progress goes to stderr. An interruption is passed on, and the call then
 * shuts down cleanly.
 */
export async function callEmerging(interruption: Interruption, ...args: readonly string[]): Promise<Called> {
  const { code, stdout } = await runScript(main, [...args, '--json'], { interruption });
  try {
    return { code, json: JSON.parse(stdout) };
  } catch {
    const error = stdout === '' ? 'it printed nothing' : `it printed: ${stdout.slice(0, 200)}`;
    return { code, json: { error } };
  }
}

/**
 * The JSON output of a script of this repository.
 *
 * @param env its environment; by default this process's
 * @throws Error if it fails
 */
export async function scriptJson<Result>(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Result> {
  return resultOf([file, ...args], await runScript(file, args, { env }));
}

/**
 * The JSON output of another program.
 *
 * @throws Error if it cannot be started, or fails
 */
export async function programJson<Result>(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Result> {
  return resultOf([program, ...args], await runProcess(program, args, { env }));
}

/** Values as command-line options: `--the-name value` for `theName`, in order, lists with commas. */
export function asOptions(values: Readonly<Record<string, string | number | readonly number[]>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
}

function resultOf<Result>(words: readonly string[], { code, stdout }: Ended): Result {
  if (code !== 0) {
    throw new Error(`${words.join(' ')} exited with ${code}`);
  }
  return JSON.parse(stdout);
}

function runScript(file: string, args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  const translator = file.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return runProcess(process.execPath, [...translator, file, ...args], options);
}

function runProcess(
  program: string,
  args: readonly string[],
  { env, interruption }: ProcessOptions,
): Promise<Ended> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(env && { env }),
    // Its own process group: otherwise Ctrl-C from the terminal would reach it twice, and twice means stop at
    // once.
    detached: interruption !== undefined,
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout }));
  });
  return interruption === undefined ? ended : interruption.forwarding(() => child.kill('SIGINT'), ended);
}
