// Yields to the event loop between runs of a program, which block it.
import { setImmediate } from 'node:timers/promises';

/** Lets the event loop run once, to handle timers, signals and input. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
