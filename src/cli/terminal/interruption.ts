// Ctrl-C during a long work: the first lets it end in order, the second ends the process at once.
import { constants } from 'node:os';

/** Signals that ask a process to end. */
type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Listens for Ctrl-C (SIGINT) and for a request to end (SIGTERM). */
export interface Interruption {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal;
  /** What shells expect of a process that a signal ended: 130 after SIGINT, 143 after SIGTERM. */
  exitCode(): number;
  /**
   * Waits for the work of a process in a group of its own, which signals from the terminal do not reach: `tell` is
   * called at each of them, and what the second means is for that process to say.
   */
  telling<Result>(tell: () => void, work: Promise<Result>): Promise<Result>;
  /** Stops listening: what comes next ends the process as it does where nobody listens. */
  release(): void;
}

/** Signals that come within this time are one: `timeout` sends two, to the process and to its group. */
const SAME_SIGNAL_MS = 500;

/**
 * Starts to listen; `announce` tells, where it does not spoil a progress bar, that the first signal has come.
 *
 * @param options.hangUp whether a terminal that is closed (SIGHUP) counts as well; a process that has others in groups of
 *   their own would leave them alone otherwise
 */
export function listenForInterruption(
  announce: () => void,
  { hangUp = false }: { readonly hangUp?: boolean } = {},
): Interruption {
  const names: readonly EndSignal[] = hangUp ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
  const controller = new AbortController();
  let received: EndSignal | undefined;
  let tell: (() => void) | undefined;
  let repeated = false;
  const onSignal = (name: EndSignal): void => {
    if (repeated) {
      return;
    }
    repeated = true;
    setTimeout(() => {
      repeated = false;
      leaveToSystem();
    }, SAME_SIGNAL_MS).unref();
    tell?.();
    if (received === undefined) {
      received = name;
      announce();
      controller.abort();
    }
  };
  const release = (): void => {
    for (const name of names) {
      process.removeListener(name, onSignal);
    }
  };
  /** After the first signal the second ends the process at once, unless there is another process to tell. */
  const leaveToSystem = (): void => {
    if (received !== undefined && tell === undefined && !repeated) {
      release();
    }
  };
  for (const name of names) {
    process.on(name, onSignal);
  }
  return {
    signal: controller.signal,
    exitCode: () => (received === undefined ? 0 : 128 + constants.signals[received]),
    async telling(tellProcess, work) {
      tell = tellProcess;
      try {
        return await work;
      } finally {
        tell = undefined;
        leaveToSystem();
      }
    },
    release,
  };
}
