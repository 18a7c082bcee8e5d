// A model's place: its folder on disk, and its path in the page.

import { visibleText } from '../../core/errors.ts';
import { realPath } from '../../data/files/index.node.ts';

/** A model's folder, and its path in the page, such as `runs/first`, with invisible characters escaped. */
export interface Place {
  readonly path: string;
  readonly folder: string;
  /** The folder's real path when it was found; files outside are never read, even if the folder changes later. */
  readonly real: string;
}

/** Creates the place of a folder. */
export function createPlace(path: string, folder: string): Place {
  return { path: visibleText(path), folder, real: realPath(folder) };
}
