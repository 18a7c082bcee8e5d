// What the benches that print tables for the documents share.
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/**
 * What `emerging ARGS --json` prints, run in a process of its own; progress and failures go to stderr. The doctor exits
 * with 1 where something is wrong, and prints its result all the same.
 */
export function emergingJson<Result>(...args: readonly string[]): Result {
  process.stderr.write(`emerging ${args.join(' ')}\n`);
  const { stdout, status, error } = spawnSync(
    process.execPath,
    ['--import', 'tsx', main, ...args, '--json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: Number.POSITIVE_INFINITY },
  );
  if (!stdout) {
    throw new Error(`emerging ${args.join(' ')} ended with ${status}`, { cause: error });
  }
  return JSON.parse(stdout);
}

/** The processor and its threads, or as many as are used. */
export function machine(threads = availableParallelism()): string {
  return `${cpus()[0]?.model.trim()}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** A table in Markdown. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [titles, titles.map(() => '---'), ...rows].map(line).join('');
}
