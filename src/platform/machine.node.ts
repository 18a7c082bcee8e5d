// What the machine has to give: cores and memory.
import { availableParallelism, freemem } from 'node:os';

/** How many threads this process can run at the same time. */
export function availableCores(): number {
  return availableParallelism();
}

/** The bytes of memory that this process may still take. */
export function availableBytes(): number {
  // Node 20.13 brought the first, which knows the limits of a container.
  return process.availableMemory?.() ?? freemem();
}
