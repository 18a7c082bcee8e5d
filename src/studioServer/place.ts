// A model's place: its folder on disk, and its path in the page.
import { sep } from 'node:path';
import { realPath } from '../storage/files.ts';

/** A model's folder, and its path in the page: `runs/first`. */
export interface Place {
  readonly path: string;
  readonly folder: string;
  /** The folder's real path when it was found; files outside are never read, even if the folder changes later. */
  readonly real: string;
}

/** Creates the place of a folder. */
export function placeOf(path: string, folder: string): Place {
  return { path, folder, real: realPath(folder) };
}

/** Whether a path stays in a folder when its links are followed. */
export function isWithin(folder: string, path: string): boolean {
  return isBelow(realPath(folder), path);
}

/** The same for a folder given by its real path. */
export function isBelow(real: string, path: string): boolean {
  return realPath(path).startsWith(real.endsWith(sep) ? real : real + sep);
}
