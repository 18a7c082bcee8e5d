// Ctrl-C while commands run: each is told once, ends in order, and the study with it.
import { constants } from 'node:os';

/** The study was asked to stop, and what was under way has ended. */
export class Stopped extends Error {}

/** Signals that come within this time are one: `timeout` sends two, to the process and to its group. */
const SAME_SIGNAL_MS = 1000;

/** Listens for SIGINT, SIGTERM and SIGHUP until the process ends. */
export class Interruption {
  private received: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined;
  private at = 0;
  private tell: (() => void) | undefined;

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => this.receive(name));
    }
  }

  /** What shells expect of a process that a signal ended; 0 where none has come. */
  get exitCode(): number {
    return this.received === undefined ? 0 : 128 + constants.signals[this.received];
  }

  /**
   * Ends what is under way between two pieces of work.
   *
   * @throws Stopped if a signal has come
   */
  check(): void {
    if (this.received !== undefined) {
      throw new Stopped();
    }
  }

  /** Calls `tell` at each signal while `work` goes on; without it the second signal ends the process. */
  async telling<Result>(tell: () => void, work: Promise<Result>): Promise<Result> {
    this.tell = tell;
    try {
      return await work;
    } finally {
      this.tell = undefined;
    }
  }

  private receive(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
    const first = this.received === undefined;
    if (!first && performance.now() - this.at < SAME_SIGNAL_MS) {
      return;
    }
    this.received ??= name;
    this.at = performance.now();
    if (this.tell !== undefined) {
      this.tell();
    } else if (!first) {
      process.exit(this.exitCode);
    }
  }
}
