// The machine, as far as a page is told: its cores and memory, and turns of the event loop.

/** More workers than this, each with a runtime of its own, would take long to start and much memory. */
const MOST_WORKERS = 8;

/** The number of threads that can run in parallel. */
export function availableCores(): number {
  return Math.min(navigator.hardwareConcurrency, MOST_WORKERS);
}

/** The threads that share an operation, unless told otherwise: for a narrow model, two threads are slower than one. */
export function defaultThreads(): number {
  return 1;
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

/**
 * Lets the event loop run once: messages, timers and input get their turn. A message takes that turn at once;
 * timers that call one another wait for 4 ms.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
