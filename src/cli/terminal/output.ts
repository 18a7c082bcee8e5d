// Where the command line writes: names from outside may hold escape sequences, and no terminal sees them.
import { visibleLines, visibleText } from '../../visibleText.ts';

/** Writes lines on stdout, their control characters shown as in `\u001b`; JSON keeps its meaning by that. */
export function writeStdout(lines: string): void {
  process.stdout.write(visibleLines(lines));
}

/** Writes a text as one line on stderr. */
export function noteOnStderr(text: string): void {
  process.stderr.write(`${visibleText(text)}\n`);
}

/** Writes lines on stderr, their control characters shown as in `\u001b`. */
export function writeStderr(lines: string): void {
  process.stderr.write(visibleLines(lines));
}
