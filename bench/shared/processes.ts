// Child processes: scripts of this repository, other programs.
import { spawn } from 'node:child_process';

/** How a process ended. */
interface Ended {
  /** The exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
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
  return parseResult([file, ...args], await runScript(file, args, env));
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
  return parseResult([program, ...args], await runProcess(program, args, env));
}

/** Values as command-line options: `--the-name value` for `theName`, in order, lists with commas. */
export function asOptions(values: Readonly<Record<string, string | number | readonly number[]>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
}

function parseResult<Result>(words: readonly string[], { code, stdout }: Ended): Result {
  if (code !== 0) {
    throw new Error(`${words.join(' ')} exited with ${code}`);
  }
  return JSON.parse(stdout);
}

function runScript(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const translator = file.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return runProcess(process.execPath, [...translator, file, ...args], env);
}

function runProcess(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout }));
  });
}
