// The resources of the machine: cores and memory.
import { availableParallelism, freemem } from 'node:os';

/** How many threads this process can run at the same time. */
export function availableCores(): number {
  return availableParallelism();
}

/** The bytes of memory that this process may still allocate. */
export function availableBytes(): number {
  // Node 20.13 added the first, which takes the limits of a container into account.
  return process.availableMemory?.() ?? freemem();
}
