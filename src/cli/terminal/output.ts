// All output of the command line. Names from outside may contain escape sequences, which must not reach the terminal.
import { visibleLines, visibleText } from '../../visibleText.ts';

/** Writes lines to stdout with control characters escaped, as in `\u001b`; escaped JSON has the same meaning. */
export function writeStdout(lines: string): void {
  process.stdout.write(visibleLines(lines));
}

/** Writes a text to stderr as one line. */
export function noteOnStderr(text: string): void {
  process.stderr.write(`${visibleText(text)}\n`);
}

/** Writes lines to stderr with control characters escaped, as in `\u001b`. */
export function writeStderr(lines: string): void {
  process.stderr.write(visibleLines(lines));
}
