// The machine's available cores and memory.
import { availableParallelism, freemem } from 'node:os';

/** The number of threads this process can run in parallel. */
export function availableCores(): number {
  return availableParallelism();
}

/** The bytes of memory that this process may still allocate. */
export function availableBytes(): number {
  // availableMemory, new in Node 20.13, respects container limits.
  return process.availableMemory?.() ?? freemem();
}
