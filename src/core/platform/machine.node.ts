// The resources of the machine: cores and memory.
import { availableParallelism } from 'node:os';

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
