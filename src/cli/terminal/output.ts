// All output of the command line. Names from outside may contain escape sequences, which must not reach the terminal.
import { PassThrough } from 'node:stream';
import { visibleLines, visibleText } from '../../visibleText.ts';

let isMuted = false;

/** Whether nothing is written from now on: of several processes that run a command together, one alone writes. */
export function mute(muted: boolean): void {
  isMuted = muted;
}

/** Where progress is shown. */
export function progressStream(): NodeJS.WritableStream & { isTTY?: boolean } {
  return isMuted ? new PassThrough().resume() : process.stderr;
}

/** Writes lines to stdout with control characters escaped, as in `\u001b`; escaped JSON has the same meaning. */
export function writeStdout(lines: string): void {
  if (!isMuted) {
    process.stdout.write(visibleLines(lines));
  }
}

/** The most characters of a line on stderr: names in files may be of any length. */
const LONGEST_NOTE = 4000;

/** Writes a text to stderr as one line; of a very long one, the beginning and the end. */
export function noteOnStderr(text: string): void {
  const half = LONGEST_NOTE / 2;
  const shown = text.length > LONGEST_NOTE ? `${text.slice(0, half)} … ${text.slice(-half)}` : text;
  writeStderr(`${visibleText(shown)}\n`);
}

/** Writes lines to stderr with control characters escaped, as in `\u001b`. */
export function writeStderr(lines: string): void {
  if (!isMuted) {
    process.stderr.write(visibleLines(lines));
  }
}
