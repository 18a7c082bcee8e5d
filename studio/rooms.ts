// The rooms of the studio, in the order of its navigation. A new room is a folder in `rooms` and an entry here.
import type { ComponentType } from 'preact';

/** A room. It reads its state from the address, and keeps it there. */
export interface Room {
  /** Its name in the address: `#/draw`. */
  readonly name: string;
  readonly title: string;
  /** Loads what it shows, when it is entered for the first time. */
  load(): Promise<ComponentType>;
}

/** Whether the page is one of static files, without a server that looks at this machine's folders. */
const isStatic = document.querySelector('meta[name="studio"][content="static"]') !== null;

/** All rooms; the first one is entered if the address names none. */
export const rooms: readonly [Room, ...Room[]] = [
  { name: 'draw', title: 'Draw', load: async () => (await import('./rooms/draw/Draw.tsx')).Draw },
  {
    name: 'inside',
    title: 'Inside',
    load: async () => (await import('./rooms/inside/Inside.tsx')).Inside,
  },
  { name: 'odd', title: 'Odd', load: async () => (await import('./rooms/odd/Odd.tsx')).Odd },
  { name: 'train', title: 'Train', load: async () => (await import('./rooms/train/Train.tsx')).Train },
  ...(isStatic
    ? []
    : [{ name: 'runs', title: 'Runs', load: async () => (await import('./rooms/runs/Runs.tsx')).Runs }]),
  { name: 'how', title: 'How it works', load: async () => (await import('./rooms/how/How.tsx')).How },
];
