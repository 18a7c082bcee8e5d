// The folders of models that a studio offers, and the files of them that it hands out. They may come from strangers.
import { basename, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { isFolder } from '../storage/files.ts';
import { pathIn } from '../storage/folders.ts';
import { isBelow, type Place, placeOf } from './place.ts';
import { type Found, isModel, modelsBelow } from './search.ts';

/** Looks for the models that are there at this moment. */
export type Shelf = () => Found;

/** The models of a folder and of the folders below, `prefix` being its path in the page; it may be a model itself. */
export function shelfOf(prefix: string, folder: string): Shelf {
  return () => {
    if (!isFolder(folder)) {
      return { places: [], stopped: undefined };
    }
    if (isModel(folder)) {
      return { places: [placeOf(`${prefix}/${basename(resolve(folder))}`, folder)], stopped: undefined };
    }
    return modelsBelow(prefix, folder);
  };
}

/** The models on several shelves. */
export interface Shelves {
  /**
   * All of them.
   *
   * @throws UserError (`exists`) if two models have the same name
   */
  all(): Found;
  /** The file that a path from the page names; undefined if it is none that is handed out. */
  file(path: string): string | undefined;
}

/** A search that takes this long is not repeated at once, */
const LONG_MS = 100;
/** but only after so many times its duration, so that it never takes more than a small share of the time. */
const REST = 20;

/** Searches several shelves, at first when something is asked for. */
export function searched(shelves: readonly Shelf[]): Shelves {
  let known: Found | undefined;
  let isFresh = (): boolean => false;
  const all = (): Found => {
    if (known === undefined || !isFresh()) {
      const start = performance.now();
      known = together(shelves.map((shelf) => shelf()));
      const took = performance.now() - start;
      const until = took < LONG_MS ? 0 : performance.now() + REST * took;
      isFresh = () => performance.now() < until;
    }
    return known;
  };
  return {
    all,
    file(path) {
      const place = placeAt(known?.places ?? [], path) ?? placeAt(all().places, path);
      return place && fileIn(place, path.slice(place.path.length + 1));
    },
  };
}

/** What several searches have found, each model once. */
function together(found: readonly Found[]): Found {
  const places = new Map<string, Place>();
  for (const place of found.flatMap((one) => one.places)) {
    const other = places.get(place.path);
    if (other !== undefined && other.real !== place.real) {
      throw new UserError(
        'exists',
        `${other.folder} and ${place.folder} have the same name: rename one of them, or leave it out`,
      );
    }
    places.set(place.path, place);
  }
  const stopped = found.flatMap((one) => one.stopped ?? []).join('; ');
  return { places: [...places.values()], stopped: stopped === '' ? undefined : stopped };
}

/** The place that a path is in. A model's folder has no model in it: at most one place matches. */
function placeAt(places: readonly Place[], path: string): Place | undefined {
  return places.find((one) => path.startsWith(`${one.path}/`));
}

/** The files of a model's folder that are handed out; nothing else in it ever is. */
const handedOut = new RegExp(
  `^(${[
    // The model.
    'model\\.safetensors',
    'manifest\\.json',
    'config\\.yaml',
    'scores\\.json',
    'checkpoints/step-\\d{8,16}\\.safetensors',
    // How its training goes.
    '(metrics|timings)\\.jsonl',
    'summary\\.json',
    'README\\.md',
    'samples/step-\\d{8,16}\\.png',
  ].join('|')})$`,
);

function fileIn({ folder, real }: Place, name: string): string | undefined {
  const file = pathIn(folder, ...name.split('/'));
  return handedOut.test(name) && isBelow(real, file) ? file : undefined;
}
