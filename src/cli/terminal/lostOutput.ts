// Output that can't be written: its reader has exited, or the disk is full.
import { reasonFor } from '../../storage/fileErrors.ts';
import { noteOnStderr } from './output.ts';

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
