// The machine: its cores and memory, and turns of the event loop.
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';

/** The number of threads this process can run in parallel. */
export function availableCores(): number {
  return availableParallelism();
}

/** The threads that share an operation, unless told otherwise: all. */
export function defaultThreads(): number {
  return availableCores();
}

/** The bytes of memory that this process may still allocate, within the limits of a container. */
export function availableBytes(): number {
  return process.availableMemory();
}

/** Lets the event loop run once: timers, signals and input get their turn. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
