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
const handedOut = /^(model\.safetensors|config\.yaml|scores\.json|checkpoints\/step-\d{8,}\.safetensors)$/;

/** The models of a folder, which may be one itself, below `prefix` in the page. */
export function shelfOf(prefix: string, folder: string): Shelf {
  const place = (model: string): Place => ({
    path: `${prefix}/${basename(resolve(model))}`,
    folder: model,
  });
  return () => {
    if (!isFolder(folder)) {
      return [];
    }
    if (isModel(folder)) {
      return [place(folder)];
    }
    // A link in a folder of models may lead anywhere; whoever means its target names that instead.
    const models = listFolder(folder).map((name) => pathIn(folder, name));
    return models.filter((model) => isWithin(folder, model) && isModel(model)).map(place);
  };
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
