// The resources of the machine: cores and memory.
import { availableParallelism, freemem } from 'node:os';

/** The number of threads this process can run in parallel. */
export function availableCores(): number {
  return availableParallelism();
}

/** The bytes of memory that this process may still allocate. */
export function availableBytes(): number {
  // Node 20.13 added the first, which takes the limits of a container into account.
  return process.availableMemory?.() ?? freemem();
}
