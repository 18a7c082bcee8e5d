// A studio's models, and which of their files it serves. Models may be hostile.
import { basename, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { isFolder } from '../../data/files/files.ts';
import { isBelow, pathIn } from '../../data/files/folders.ts';
import { type Place, placeOf } from './place.ts';
import { type Found, isModel, modelsBelow } from './search.ts';

/** Finds the models that exist now. */
export type Shelf = () => Found;

/** The models in a folder, which may be a model itself; `prefix` is its path in the page. */
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
interface Shelves {
  /**
   * Finds all models.
   *
   * @throws UserError (`exists`) if two models have the same name
   */
  all(): Found;
  /** The file at a path in the page; undefined if it is not served. */
  file(path: string): string | undefined;
}

/** A search that takes at least this long isn't repeated immediately. */
const LONG_MS = 100;
/** It is repeated only after this many times its duration, so that searching takes at most 5 % of the time. */
const WAIT = 20;

/** Searches several shelves, starting when they are first used. */
export function searched(shelves: readonly Shelf[]): Shelves {
  let known: Found | undefined;
  let isFresh = (): boolean => false;
  const all = (): Found => {
    if (known === undefined || !isFresh()) {
      const start = performance.now();
      known = together(shelves.map((shelf) => shelf()));
      const took = performance.now() - start;
      const until = took < LONG_MS ? 0 : performance.now() + WAIT * took;
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

/** The results of several searches, each model once: at its path in the first that finds it. */
function together(found: readonly Found[]): Found {
  const places = new Map<string, Place>();
  for (const { places: some } of found) {
    const known = new Set([...places.values()].map(({ real }) => real));
    for (const place of some.filter(({ real }) => !known.has(real))) {
      const other = places.get(place.path);
      if (other !== undefined) {
        throw new UserError(
          'exists',
          `${other.folder} and ${place.folder} have the same name: rename or omit one of them`,
        );
      }
      places.set(place.path, place);
    }
  }
  const stopped = found.flatMap((one) => one.stopped ?? []).join('; ');
  return { places: [...places.values()], stopped: stopped === '' ? undefined : stopped };
}

/** The place that contains a path; at most one does, because models don't contain models. */
function placeAt(places: readonly Place[], path: string): Place | undefined {
  return places.find((one) => path.startsWith(`${one.path}/`));
}

/** The only files served from a model's folder. */
const handedOut = new RegExp(
  `^(${[
    // Model.
    'model\\.safetensors',
    'manifest\\.json',
    'config\\.yaml',
    'scores\\.json',
    'checkpoints/step-\\d{8,16}\\.safetensors',
    // Training.
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
