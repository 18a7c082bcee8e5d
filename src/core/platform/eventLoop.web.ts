// Lets the event loop run between runs of a program, which block it.

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
