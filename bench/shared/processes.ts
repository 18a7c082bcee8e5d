// Child processes: scripts of this repository, other programs.
import { spawn } from 'node:child_process';

/**
 * The JSON output of a script of this repository.
 *
 * @throws Error if it fails
 */
export function scriptJson<Result>(file: string, args: readonly string[]): Promise<Result> {
  return programJson(process.execPath, ['--import', import.meta.resolve('tsx'), file, ...args], process.env);
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
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  // Null if a signal ended it.
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) {
    throw new Error(`${[program, ...args].join(' ')} exited with ${code}`);
  }
  return JSON.parse(stdout);
}

/** Values as command-line options: `--the-name value` for `theName`, in order, lists with commas. */
export function asOptions(values: Readonly<Record<string, string | number | readonly number[]>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
}
