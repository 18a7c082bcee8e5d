// Output that cannot be written: its reader has gone, or the disk that it goes to is full.
import { reasonFor } from '../../storage/fileErrors.ts';
import { noteOnStderr } from './output.ts';

/**
 * Has output that is lost reported in one line, once, and sets the exit code of this process to 1; the work continues. A
 * reader that has exited, as with `| head`, has seen what it wanted: nothing is said, and the exit code stays.
 */
export function reportLostOutput(): void {
  process.stdout.on('error', once(reportLoss));
  // There is no place left to say it.
  process.stderr.on('error', once(failUnlessReaderLeft));
}

function reportLoss(error: NodeJS.ErrnoException): void {
  if (failUnlessReaderLeft(error)) {
    const why = reasonFor(error.code ?? '', 'standard output') ?? error.message;
    noteOnStderr(`emerging: cannot write the output: ${why}`);
  }
}

/** Whether output was lost that someone still waits for. */
function failUnlessReaderLeft({ code }: NodeJS.ErrnoException): boolean {
  if (code === 'EPIPE') {
    return false;
  }
  // Also when the command succeeds and sets no exit code of its own, or sets one of success afterwards.
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
