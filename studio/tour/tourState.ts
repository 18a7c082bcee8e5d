// Where the tour of the studio is, and whether the reader has seen it.
import { signal } from '@preact/signals';

const KEY = 'studio-tour';

/** The current stop, from 0; undefined outside the tour. */
export const stop = signal<number | undefined>(undefined);

/** Whether the tour was taken or skipped in this browser. */
export const isSeen = signal(remembered());

/** Starts the tour. */
export function start(): void {
  stop.value = 0;
}

/** Ends or skips the tour, and remembers it. */
export function end(): void {
  stop.value = undefined;
  isSeen.value = true;
  try {
    localStorage.setItem(KEY, 'seen');
  } catch {
    // Storage is blocked: the tour is offered again next time.
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === 'seen';
  } catch {
    return false;
  }
}
