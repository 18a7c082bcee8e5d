// Runs commands one after another in this process and reports each on stdout as a line of JSON, for a test
// that gives every command the same limits: it kills this process if a line is late.
import { readFileSync } from 'node:fs';
import { runCommand } from '../../app/cli/commandTree.ts';
import type { Call } from '../runCalls.ts';
import { ownPeak, resetPeak } from './processUsage.ts';

/** How a command ended. */
export interface Outcome {
  /** The words of the command. */
  readonly args: readonly string[];
  /** The exit code; null if it is running or was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The largest resident memory of the process while the command ran. */
  readonly peakBytes: number;
  /** Why it did not end by itself. */
  readonly killed?: string;
}

/** The process ends early if a command leaves more memory than this in use, which would count for the next one. */
const MOST_LEFT = 2 ** 28 + 2 ** 27;
/** The most characters of an output that are reported, from its end. */
const MOST_TEXT = 65_536;

const calls = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Call[];
const print = process.stdout.write.bind(process.stdout);
const texts = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'] as const) {
  process[name].write = (text: string | Uint8Array) => {
    texts[name] = (texts[name] + String(text)).slice(-MOST_TEXT);
    return true;
  };
}

function report(args: readonly string[], code: number | null): void {
  print(`${JSON.stringify({ args, code, ...texts, peakBytes: ownPeak() } satisfies Outcome)}\n`);
}

for (const { args, cwd } of calls) {
  texts.stdout = texts.stderr = '';
  resetPeak();
  report(args, null);
  process.chdir(cwd);
  process.exitCode = 0;
  await runCommand(args);
  report(args, Number(process.exitCode));
  if (process.memoryUsage.rss() > MOST_LEFT) {
    break;
  }
}
process.exit(0);
