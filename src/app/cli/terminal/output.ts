// All output of the command line. Names from outside may contain escape sequences, which must not reach the terminal.
import { PassThrough } from 'node:stream';
import { MOST_IN_MESSAGE, shortText, visibleLines, visibleText } from '../../../core/errors.ts';
import { reasonFor } from '../../../data/files/fileErrors.ts';

let isMuted = false;

/** Whether nothing is written from now on: of several processes that run a command together, only one writes. */
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

/**
 * Reports a lost result on stdout in one line, once, and sets the exit code to 1; the work continues. A reader that has
 * exited, as with `| head`, is not an error: nothing is reported, and the exit code stays. Progress and notes on stderr may be
 * lost: they are not the result, and failures have their own exit codes.
 */
export function reportLostOutput(): void {
  let isReported = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!isReported && error.code !== 'EPIPE') {
      isReported = true;
      const why = reasonFor(error.code ?? '', 'standard output') ?? error.message;
      noteOnStderr(`emerging: cannot write the output: ${why}`);
      // At exit, because the command may still set another exit code.
      process.once('exit', () => {
        process.exitCode ||= 1;
      });
    }
  });
  process.stderr.on('error', () => {});
}
