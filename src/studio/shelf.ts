// The folders of models that a studio offers, and the files of them that it hands out. They may come from strangers.
import { basename, resolve, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { isExported } from '../evaluation/model/loadExported.ts';
import { isFolder, realPath } from '../storage/files.ts';
import { listFolder, pathIn } from '../storage/folders.ts';
import { isRunFolder } from '../training/folder/runFolder.ts';

/** A folder of a model, and its path from the page: `runs/first`. */
export interface Place {
  readonly path: string;
  readonly folder: string;
}

/** The folders of models that are there at this moment. */
export type Shelf = () => readonly Place[];

/** The files of a model's folder that are handed out; nothing else in it ever is. */
const handedOut = new RegExp(
  `^(${[
    // The model.
    'model\\.safetensors',
    'manifest\\.json',
    'config\\.yaml',
    'scores\\.json',
    'checkpoints/step-\\d{8,}\\.safetensors',
    // How its training goes.
    '(metrics|timings)\\.jsonl',
    'summary\\.json',
    'README\\.md',
    'samples/step-\\d{8,}\\.png',
  ].join('|')})$`,
);

/** How far below a named folder models are looked for, and in how many folders. */
const MOST_LEVELS = 3;
const MOST_FOLDERS = 1000;

/** The models of a folder and of the folders below, `prefix` being its path in the page; it may be a model itself. */
export function shelfOf(prefix: string, folder: string): Shelf {
  return () => {
    if (!isFolder(folder)) {
      return [];
    }
    if (isModel(folder)) {
      return [{ path: `${prefix}/${basename(resolve(folder))}`, folder }];
    }
    return modelsBelow({ path: prefix, folder });
  };
}

/** The models below a folder, a level at a time; no models are looked for in a model. */
function modelsBelow(top: Place): Place[] {
  const models: Place[] = [];
  let level = [top];
  let looked = 0;
  for (let depth = 0; depth < MOST_LEVELS && level.length > 0; depth++) {
    const inside = level.slice(0, MOST_FOLDERS - looked).flatMap(foldersIn);
    looked += level.length;
    models.push(...inside.filter(({ folder }) => isModel(folder)));
    level = inside.filter(({ folder }) => !isModel(folder));
  }
  return models;
}

/** The folders in a folder. A link may lead anywhere; whoever means its target names that instead. */
function foldersIn({ path, folder }: Place): Place[] {
  return namesIn(folder)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .map((name) => ({ path: `${path}/${name}`, folder: pathIn(folder, name) }))
    .filter((inside) => isWithin(folder, inside.folder) && isFolder(inside.folder));
}

/** What is in a folder; nothing if the system does not show it. */
function namesIn(folder: string): string[] {
  try {
    return listFolder(folder);
  } catch (error) {
    if (error instanceof UserError) {
      return [];
    }
    throw error;
  }
}

/**
 * The places of several shelves.
 *
 * @throws UserError (`exists`) if two models have the same name
 */
export function placesOn(shelves: readonly Shelf[]): Place[] {
  const places = new Map<string, Place>();
  for (const place of shelves.flatMap((shelf) => shelf())) {
    const other = places.get(place.path);
    if (other !== undefined && realPath(other.folder) !== realPath(place.folder)) {
      throw new UserError(
        'exists',
        `${other.folder} and ${place.folder} have the same name: rename one of them, or leave it out`,
      );
    }
    places.set(place.path, place);
  }
  return [...places.values()];
}

/** The file that a path from the page names; undefined if it is none that is handed out. */
export function fileOn(shelves: readonly Shelf[], path: string): string | undefined {
  // A model's folder has no model in it: at most one place matches.
  const place = placesOn(shelves).find((one) => path.startsWith(`${one.path}/`));
  const name = place && path.slice(place.path.length + 1);
  if (name === undefined || !handedOut.test(name)) {
    return undefined;
  }
  const file = pathIn(place!.folder, ...name.split('/'));
  return isWithin(place!.folder, file) ? file : undefined;
}

/** Whether a path stays in a folder when its links are followed. */
export function isWithin(folder: string, path: string): boolean {
  return realPath(path).startsWith(realPath(folder) + sep);
}

function isModel(folder: string): boolean {
  return isFolder(folder) && (isRunFolder(folder) || isExported(folder));
}
