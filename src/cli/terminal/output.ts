// All output of the command line. Names from outside may contain escape sequences, which must not reach the terminal.
import { PassThrough } from 'node:stream';
import { MOST_IN_MESSAGE, shortText, visibleLines, visibleText } from '../../visibleText.ts';

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

/** Writes a text to stderr as one line, cut to the longest message. */
export function noteOnStderr(text: string): void {
  writeStderr(`${visibleText(shortText(text, MOST_IN_MESSAGE))}\n`);
}

/** Writes lines to stderr with control characters escaped, as in `\u001b`. */
export function writeStderr(lines: string): void {
  if (!isMuted) {
    process.stderr.write(visibleLines(lines));
  }
}
