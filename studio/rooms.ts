// The studio's rooms (its pages), in navigation order. A new one is a folder in `rooms` and an entry here.
import type { ComponentType } from 'preact';
import { openModels } from './models.ts';
import { preparePlane } from './work/connections.ts';

/** A room, which keeps its state in the address. */
export interface Room {
  /** The name in the address: `#/draw`. */
  readonly name: string;
  readonly title: string;
  /** The room whose link the menu highlights instead: this one is a page of it. */
  readonly pageOf?: string;
  /** Loads the component when the room is first opened. */
  load(): Promise<ComponentType>;
}

/** Whether this is a static build, without a server that lists runs. */
const isStatic = document.querySelector('meta[name="studio"][content="static"]') !== null;

/** Loads a room, and meanwhile what all models need. */
function withModels(load: Room['load']): Room['load'] {
  return () => {
    openModels();
    return load();
  };
}

/** All rooms; the first is the default. */
export const rooms: readonly [Room, ...Room[]] = [
  {
    name: 'explain',
    title: 'Explain',
    load: withModels(async () => (await import('./rooms/explain/Explain.tsx')).Explain),
  },
  { name: 'draw', title: 'Draw', load: withModels(async () => (await import('./rooms/draw/Draw.tsx')).Draw) },
  {
    name: 'inside',
    title: 'Inside',
    load: withModels(async () => (await import('./rooms/inside/Inside.tsx')).Inside),
  },
  { name: 'odd', title: 'Odd', load: withModels(async () => (await import('./rooms/odd/Odd.tsx')).Odd) },
  {
    name: 'compress',
    title: 'Compress',
    load: withModels(async () => (await import('./rooms/compress/Compress.tsx')).Compress),
  },
  { name: 'train', title: 'Train', load: async () => (await import('./rooms/train/Train.tsx')).Train },
  ...(isStatic
    ? []
    : [{ name: 'runs', title: 'Runs', load: async () => (await import('./rooms/runs/Runs.tsx')).Runs }]),
  {
    name: 'how',
    title: 'How it works',
    pageOf: 'explain',
    load: async () => {
      preparePlane();
      return (await import('./rooms/how/How.tsx')).How;
    },
  },
  {
    name: 'how/layers',
    title: 'Layers',
    pageOf: 'explain',
    load: async () => (await import('./rooms/how/Layers.tsx')).Layers,
  },
];
