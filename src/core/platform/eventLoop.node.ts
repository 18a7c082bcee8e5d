// Lets the event loop run between runs of a program, which block it.
import { setImmediate } from 'node:timers/promises';

/** Lets the event loop run once: timers, signals and input get their turn. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
