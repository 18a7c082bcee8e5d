// A studio's models, and which of their files it serves. Models may be hostile.
import { basename, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { isBelow, isFolder, pathIn } from '../../data/files/index.node.ts';
import { createPlace, type Found, isModel, modelsBelow, type Place } from './search.ts';

/** Finds the models that exist now. */
export type Shelf = () => Found;

/** The models in a folder, which may be a model itself; `prefix` is its path in the page. */
export function createShelf(prefix: string, folder: string): Shelf {
  return () => {
    if (!isFolder(folder)) {
      return { places: [], stopped: undefined };
    }
    if (isModel(folder)) {
      return { places: [createPlace(`${prefix}/${basename(resolve(folder))}`, folder)], stopped: undefined };
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
  let cached: Found | undefined;
  let isFresh = (): boolean => false;
  const search = (): Found => {
    if (cached === undefined || !isFresh()) {
      const start = performance.now();
      cached = together(shelves.map((shelf) => shelf()));
      const took = performance.now() - start;
      const until = took < LONG_MS ? 0 : performance.now() + WAIT * took;
      isFresh = () => performance.now() < until;
    }
    return cached;
  };
  return {
    all: search,
    file(path) {
      const model = placeAt(cached?.places ?? [], path) ?? placeAt(search().places, path);
      return model && fileIn(model, path.slice(model.path.length + 1));
    },
  };
}

/** The results of several searches, each model once: at its path in the first that finds it. */
function together(results: readonly Found[]): Found {
  const places = new Map<string, Place>();
  for (const { places: some } of results) {
    const realPaths = new Set([...places.values()].map(({ real }) => real));
    for (const candidate of some.filter(({ real }) => !realPaths.has(real))) {
      const existing = places.get(candidate.path);
      if (existing !== undefined) {
        throw new UserError(
          'exists',
          `${existing.folder} and ${candidate.folder} have the same name: rename or omit one of them`,
        );
      }
      places.set(candidate.path, candidate);
    }
  }
  const stopped = results.flatMap((result) => result.stopped ?? []).join('; ');
  return { places: [...places.values()], stopped: stopped === '' ? undefined : stopped };
}

/** The innermost place that contains a path: one shelf's model may lie below another's. */
function placeAt(places: readonly Place[], path: string): Place | undefined {
  return places
    .filter((candidate) => path.startsWith(`${candidate.path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
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
