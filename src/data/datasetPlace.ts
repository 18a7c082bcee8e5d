// Whether a set that has a name is on this machine, and what there is to do before it can be trained on.
import { UserError } from '../errors.ts';
import type { NamedDataset } from './dataset.ts';
import { findPrepared } from './preparedSet.ts';

/** Where a set is. */
export interface DatasetPlace {
  /** The file or folder that is opened by its name, or has to be prepared first; null if it is not here. */
  readonly path: string | null;
  /** Whether that is a file in a data folder that was prepared of it. */
  readonly prepared: boolean;
  /** What there is to do before it can be trained on, in a line; null where there is nothing. */
  readonly todo: string | null;
}

/**
 * Looks for a set where its name would open it.
 *
 * @throws UserError where neither it nor its absence can be told, as in a folder that may not be read
 */
export async function placeOfDataset(named: NamedDataset): Promise<DatasetPlace> {
  const prepared = await findPrepared(named);
  if (prepared !== undefined) {
    return { path: prepared, prepared: true, todo: null };
  }
  try {
    const path = await named.locate();
    return { path, prepared: false, todo: named.open ? null : unprepared(named, path) };
  } catch (error) {
    if (error instanceof UserError) {
      return { path: null, prepared: false, todo: error.message };
    }
    throw error;
  }
}

/** What is to be done with a set that is opened only once it has been prepared. */
export function unprepared({ name }: NamedDataset, path: string): string {
  return `${name} lies at ${path} and is prepared once, before it is used: run emerging datasets prepare ${name}`;
}
