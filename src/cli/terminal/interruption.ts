// Ctrl-C during a long work: the first lets it end in order, the second ends the process at once.
import { constants } from 'node:os';

/** Listens for Ctrl-C (SIGINT) and for a request to end (SIGTERM). */
export interface Interruption {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal;
  /** What shells expect of a process that a signal ended: 130 after SIGINT, 143 after SIGTERM. */
  exitCode(): number;
  /** Stops listening: what comes next ends the process as it does where nobody listens. */
  release(): void;
}

/** Starts to listen; `announce` tells, where it does not spoil a progress bar, that the first signal has come. */
export function listenForInterruption(announce: () => void): Interruption {
  const controller = new AbortController();
  let received: 'SIGINT' | 'SIGTERM' | undefined;
  const onSignal = (name: 'SIGINT' | 'SIGTERM'): void => {
    received = name;
    release();
    announce();
    controller.abort();
  };
  const release = (): void => {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    exitCode: () => (received === undefined ? 0 : 128 + constants.signals[received]),
    release,
  };
}
