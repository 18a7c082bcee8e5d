// Runs commands one after another in this process and reports each on stdout as a line of JSON, for a test
// that gives every command the same limits: it kills this process if a line is late.
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { createProgram } from '../../cli/program.ts';
import { UserError } from '../../errors.ts';

/** How a command ended. */
export interface Outcome {
  /** The words of the command. */
  readonly args: readonly string[];
  /** `begun` before it runs; then whether it worked, was refused in words, or failed in a way nobody expected. */
  readonly state: 'begun' | 'done' | 'refused' | 'unexpected';
  /** The message of the error; the stack trace if it was unexpected. */
  readonly message: string;
  readonly seconds: number;
  /** The largest resident memory of the process so far. */
  readonly peakBytes: number;
}

const commands = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as string[][];
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
process.stderr.write = () => true;

function report(outcome: Omit<Outcome, 'peakBytes'>): void {
  print(`${JSON.stringify({ ...outcome, peakBytes: process.resourceUsage().maxRSS * 1024 })}\n`);
}

for (const args of commands) {
  report({ args, state: 'begun', message: '', seconds: 0 });
  const begin = performance.now();
  let state: Outcome['state'] = 'done';
  let message = '';
  try {
    const program = await createProgram(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const isRefusal = error instanceof UserError || error instanceof CommanderError;
    state = isRefusal ? 'refused' : 'unexpected';
    message = isRefusal ? error.message : error instanceof Error ? error.stack! : String(error);
  }
  report({ args, state, message, seconds: (performance.now() - begin) / 1000 });
}
process.exit(0);
