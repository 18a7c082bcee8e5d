// Whether a named dataset is on this machine, and what is left to do before training on it.
import { call, type Phrase, phrase, UserError } from '../../errors.ts';
import type { NamedDataset } from '../contract/rawImages.ts';
import { findPrepared } from './preparedSet.ts';

/** The location and state of a dataset. */
export interface DatasetPlace {
  /**
   * `ready`: can be opened by name; `prepared`: has a prepared file in a data folder; `unprepared`: must be
   * prepared first; `missing`: not found; `unusable`: incomplete or unreadable.
   */
  readonly state: 'ready' | 'prepared' | 'unprepared' | 'missing' | 'unusable';
  /** The file or folder; null if missing or unusable. */
  readonly path: string | null;
  /** What to do before training on it, or what is wrong with it, in one line; null if nothing. */
  readonly todo: Phrase | null;
}

/** Looks for a dataset where `openDataset` would; reads no images. */
export async function placeOfDataset(named: NamedDataset): Promise<DatasetPlace> {
  try {
    const prepared = await findPrepared(named);
    if (prepared !== undefined) {
      return { state: 'prepared', path: prepared, todo: null };
    }
    const path = await named.locate();
    return named.toPrepare
      ? { state: 'unprepared', path, todo: unprepared(named, path) }
      : { state: 'ready', path, todo: null };
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    const state = error.code === 'not-ready' ? 'missing' : 'unusable';
    return { state, path: null, todo: error.phrase };
  }
}

/** What to do with a dataset that must be prepared before it can be opened. */
export function unprepared({ name }: NamedDataset, path: string): Phrase {
  return phrase`${name} is at ${path} and must be prepared before use: run ${call('prepareDataset', name)}`;
}
