// Room for the event loop between runs of a program: they block it.

/** Lets the event loop run once: timers, signals and input have their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
