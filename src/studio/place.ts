// The place of a model: on the disk, and as a path in the page.
import { sep } from 'node:path';
import { realPath } from '../storage/files.ts';

/** A folder of a model, and its path from the page: `runs/first`. */
export interface Place {
  readonly path: string;
  readonly folder: string;
  /** The real path of the folder when it was found. Files outside of it are never read, even if the folder changes later. */
  readonly real: string;
}

/** The place of a folder. */
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
