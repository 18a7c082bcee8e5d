// The resources of the machine: cores and memory, as far as a page is told.

/**
 * The number of threads that can share the work: without cross-origin isolation, memory cannot be shared, and
 * there is one.
 */
export function availableCores(): number {
  return globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
}

/** What a WebAssembly memory can hold. */
const LARGEST_MEMORY = 2 ** 32;

/**
 * The bytes of memory that may be allocated: the address space of WebAssembly, or half of the memory of a small
 * device, where the browser says how large it is.
 */
export function availableBytes(): number {
  const { deviceMemory } = navigator as { deviceMemory?: number };
  return Math.min(LARGEST_MEMORY, ((deviceMemory ?? 8) * 2 ** 30) / 2);
}
