// What the benches that print tables for the documents share.
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** What `emerging ARGS --json` prints, run in a process of its own; progress and failures go to stderr. */
export function emergingJson<Result>(...args: readonly string[]): Result {
  process.stderr.write(`emerging ${args.join(' ')}\n`);
  const output = execFileSync(process.execPath, ['--import', 'tsx', main, ...args, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output);
}

/** The processor and its threads. */
export function machine(): string {
  return `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads`;
}

/** A table in Markdown. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [titles, titles.map(() => '---'), ...rows].map(line).join('');
}
