// Whether a set that has a name is on this machine, and what there is to do before it can be trained on.
import { call, type Phrase, phrase, UserError } from '../../errors.ts';
import type { NamedDataset } from '../dataset.ts';
import { findPrepared } from './preparedSet.ts';

/** Where a set is. */
export interface DatasetPlace {
  /**
   * Whether it is opened by its name where it lies, in a file in a data folder that was `prepared` of it, or has to be
   * prepared first; whether it is `missing`, or what is there is incomplete or cannot be read.
   */
  readonly state: 'ready' | 'prepared' | 'unprepared' | 'missing' | 'unusable';
  /** The file or folder; null where there is none to use. */
  readonly path: string | null;
  /** What there is to do before it can be trained on, or what is wrong with it, in a line; null where nothing is. */
  readonly todo: Phrase | null;
}

/** Looks for a set where its name would open it; no images are read. */
export async function placeOfDataset(named: NamedDataset): Promise<DatasetPlace> {
  try {
    const prepared = await findPrepared(named);
    if (prepared !== undefined) {
      return { state: 'prepared', path: prepared, todo: null };
    }
    const path = await named.locate();
    return named.open
      ? { state: 'ready', path, todo: null }
      : { state: 'unprepared', path, todo: unprepared(named, path) };
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    const state = error.code === 'not-ready' ? 'missing' : 'unusable';
    return { state, path: null, todo: error.phrase };
  }
}

/** What is to be done with a set that is opened only once it has been prepared. */
export function unprepared({ name }: NamedDataset, path: string): Phrase {
  return phrase`${name} lies at ${path} and is prepared once, before it is used: run ${call('prepareDataset', name)}`;
}
