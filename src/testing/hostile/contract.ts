// The contract of every command, whatever its files contain: it works or refuses in one line, within limits.
import { visibleLines } from '../../core/visibleText.ts';
import type { Limits } from './inLimits.ts';
import type { Outcome } from './runCommands.ts';

/** The limits of every command; on an idle machine, it takes a third of the time. */
export const commandLimits: Limits = { seconds: 15, bytes: 2 ** 30, openFiles: 256 };

/** The errors that a command reported, one line each. */
function reportedErrors({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('emerging: '));
}

/** How a command broke the contract, in one line; undefined if it did not. */
export function findBreach(outcome: Outcome): string | undefined {
  const { code, stdout, stderr, killed, peakBytes } = outcome;
  const errors = reportedErrors(outcome);
  if (killed !== undefined) {
    return killed;
  }
  if (code === null || ![0, 1, 2].includes(code)) {
    return `exit code ${code}`;
  }
  if (/unexpected error|^\s+at .+:\d+:\d+\)?$/m.test(stderr)) {
    return errors[0] ?? stderr;
  }
  // A command may report what it found, or did in part, and say so by its exit code: `doctor`, `compare`.
  const reports = code === 1 && stdout.trim() !== '';
  if (errors.length > 1 || (code !== 0 && errors.length === 0 && !reports)) {
    return `exit code ${code} with ${errors.length} errors: ${errors.join(' | ')}`;
  }
  if (visibleLines(stdout) !== stdout || visibleLines(stderr) !== stderr) {
    return 'control characters in its output';
  }
  return peakBytes > commandLimits.bytes
    ? `took ${(peakBytes / 2 ** 20).toFixed(0)} MiB of memory`
    : undefined;
}
