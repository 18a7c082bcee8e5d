// Ctrl-C during long work: the first lets it stop cleanly, the second ends the process at once.
import { constants } from 'node:os';

/** Signals that ask a process to end. */
type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGUSR2';

/** Listens for Ctrl-C (SIGINT) and for a request to terminate (SIGTERM). */
interface Interruption {
  /** Aborted by the first such signal. */
  readonly signal: AbortSignal;
  /** What shells expect of a process ended by a signal: 130 after SIGINT, 143 after SIGTERM. */
  exitCode(): number;
  /** Stops listening: further signals end the process as usual. */
  release(): void;
}

/** Signals within this time are treated as one: `timeout` sends two, to the process and to its group. */
const SAME_SIGNAL_MS = 500;

/**
 * Starts listening; `announce` reports the first signal in a way that does not disturb a progress bar.
 *
 * @param options.ranks whether this is one of several processes of mpirun, which forwards SIGUSR2, but follows every
 *   other signal with SIGKILL
 */
export function listenForInterruption(
  announce: () => void,
  { ranks = false }: { readonly ranks?: boolean } = {},
): Interruption {
  const names: readonly EndSignal[] = ['SIGINT', 'SIGTERM', ...(ranks ? (['SIGUSR2'] as const) : [])];
  const controller = new AbortController();
  let received: EndSignal | undefined;
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
  /** After the first signal, the second ends the process at once. */
  const leaveToSystem = (): void => {
    if (received !== undefined && !repeated) {
      release();
    }
  };
  for (const name of names) {
    process.on(name, onSignal);
  }
  return {
    signal: controller.signal,
    exitCode: () => (received === undefined ? 0 : 128 + constants.signals[received]),
    release,
  };
}

/**
 * Does work that Ctrl-C may stop; `announce` says so.
 *
 * @returns nothing if it was stopped, with the exit code of the process set
 */
export async function untilInterrupted<Result>(
  announce: () => void,
  work: (signal: AbortSignal) => Promise<Result | null | undefined>,
): Promise<Result | undefined> {
  const { signal, exitCode, release } = listenForInterruption(announce);
  try {
    const result = await work(signal);
    if (result !== null && result !== undefined) {
      return result;
    }
  } catch (error) {
    if (!(signal.aborted && error === signal.reason)) {
      throw error;
    }
  } finally {
    release();
  }
  process.exitCode = exitCode();
  return undefined;
}
