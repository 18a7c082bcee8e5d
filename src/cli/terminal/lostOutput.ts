// Output that can't be written: its reader has exited, or the disk is full.
import { reasonFor } from '../../storage/fileErrors.ts';
import { noteOnStderr } from './output.ts';

/**
 * Reports lost output in one line, once, and sets the exit code to 1; the work continues. A reader that has exited, as
 * with `| head`, is not an error: nothing is reported, and the exit code stays.
 */
export function reportLostOutput(): void {
  process.stdout.on('error', once(reportLoss));
  // stderr is lost too: nowhere is left to report it.
  process.stderr.on('error', once(failUnlessReaderLeft));
}

function reportLoss(error: NodeJS.ErrnoException): void {
  if (failUnlessReaderLeft(error)) {
    const why = reasonFor(error.code ?? '', 'standard output') ?? error.message;
    noteOnStderr(`emerging: cannot write the output: ${why}`);
  }
}

/** Whether output was lost, other than to a reader that has exited. */
function failUnlessReaderLeft({ code }: NodeJS.ErrnoException): boolean {
  if (code === 'EPIPE') {
    return false;
  }
  // At exit, because the command may still set another exit code.
  process.once('exit', () => {
    process.exitCode ||= 1;
  });
  return true;
}

function once(use: (error: NodeJS.ErrnoException) => unknown): (error: NodeJS.ErrnoException) => void {
  let isUsed = false;
  return (error) => {
    if (!isUsed) {
      isUsed = true;
      use(error);
    }
  };
}
