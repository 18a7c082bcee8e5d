// Searches for models below a folder, with limits, because a studio may be started in a home directory.
import { type Dir, type Dirent, opendirSync } from 'node:fs';
import { messageLine, UserError, visibleText } from '../../core/errors.ts';
import { explainFileError } from '../../data/files/fileErrors.ts';
import { exists, isFolder, isWithin, pathIn, realPath } from '../../data/files/index.node.ts';
import { isExported } from '../../model/loading/index.node.ts';
import { isRunFolder } from '../../runs/folder/index.ts';

/** Where a search stops. */
export interface SearchLimits {
  /** The deepest level below the folder. */
  readonly levels: number;
  /** The most folders to read. */
  readonly folders: number;
  /** The most names to read, over all folders. */
  readonly names: number;
  readonly milliseconds: number;
}

const usualLimits: SearchLimits = { levels: 3, folders: 1000, names: 100_000, milliseconds: 1000 };

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

/** The result of a search. */
export interface Found {
  readonly places: readonly Place[];
  /** Where it stopped early, and what it left out; undefined if nothing. */
  readonly stopped: string | undefined;
}

/** The models below a folder, nearest first, not searching inside models; `path` is the folder's path in the page. */
export function modelsBelow(path: string, folder: string, limits: Partial<SearchLimits> = {}): Found {
  const { levels, folders, names, milliseconds } = { ...usualLimits, ...limits };
  const end = performance.now() + milliseconds;
  const places: Place[] = [];
  let [looked, read, unreadable, stoppedEarly] = [0, 0, 0, false];
  const canContinue = (): boolean => {
    stoppedEarly ||= looked >= folders || read >= names || performance.now() > end;
    return !stoppedEarly;
  };
  /** The subfolders of a folder by their paths in the page; none if it is a model. */
  const lookInto = (path: string, folder: string): Map<string, string> => {
    looked++;
    const entries = listEntries(folder, names - read);
    if (entries === undefined) {
      return new Map();
    }
    read += entries.length;
    if (looked > 1 && isModel(folder)) {
      places.push(createPlace(path, folder));
      return new Map();
    }
    const inside = entries
      .filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && leadsInside(folder, entry.name)))
      .map(({ name }) => name);
    const readable = inside.filter((name) => canBeShown(folder, name));
    unreadable += inside.length - readable.length;
    return new Map(readable.sort().map((name) => [`${path}/${name}`, pathIn(folder, name)]));
  };
  let level = new Map([[path, folder]]);
  for (let depth = 0; depth <= levels; depth++) {
    const next = new Map<string, string>();
    for (const [path, folder] of level) {
      if (!canContinue()) {
        break;
      }
      for (const [inside, entry] of lookInto(path, folder)) {
        next.set(inside, entry);
      }
    }
    level = next;
  }
  canContinue();
  const stops = [
    ...(stoppedEarly
      ? [
          `searched only the first ${looked === 1 ? 'folder' : `${looked} folders`} in ${folder}: name the folder of your runs`,
        ]
      : []),
    ...(unreadable > 0
      ? [
          `left out ${unreadable === 1 ? 'a folder' : `${unreadable} folders`} in ${folder} whose names can't be shown, such as those that are not UTF-8: rename them`,
        ]
      : []),
  ];
  return { places, stopped: stops.length > 0 ? messageLine(stops.join('; it ')) : undefined };
}

/** Whether a folder is a run or an export; also if access to its files is denied, which its description then says. */
export function isModel(folder: string): boolean {
  return isRunFolder(folder) || unlessDenied(() => isExported(folder)) !== false;
}

/**
 * Whether a folder has a path of its own in the page. Bytes that are not UTF-8 are read as U+FFFD, under which nothing can be
 * opened; with its invisible characters escaped, a name may equal the name of another folder.
 */
function canBeShown(folder: string, name: string): boolean {
  const isThere = (entry: string): boolean => unlessDenied(() => exists(pathIn(folder, entry))) !== false;
  const shown = visibleText(name);
  return (!name.includes('\ufffd') || isThere(name)) && (shown === name || !isThere(shown));
}

/** Whether a link leads to a folder inside its own folder. */
function leadsInside(folder: string, name: string): boolean {
  const link = pathIn(folder, name);
  return isWithin(folder, link) && unlessDenied(() => isFolder(link)) === true;
}

/** At most `limit` entries of a folder; undefined if access is denied. */
function listEntries(folder: string, limit: number): Dirent[] | undefined {
  return unlessDenied(() => {
    const entries: Dirent[] = [];
    let opened: Dir | undefined;
    try {
      opened = opendirSync(folder, { bufferSize: 256 });
      for (
        let entry = opened.readSync();
        entry !== null && entries.length < limit;
        entry = opened.readSync()
      ) {
        entries.push(entry);
      }
    } catch (error) {
      throw explainFileError(error, folder, 'read the folder');
    } finally {
      opened?.closeSync();
    }
    return entries;
  });
}

/** The result, or undefined if access is denied, so that the search continues elsewhere. */
function unlessDenied<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof UserError) {
      return undefined;
    }
    throw error;
  }
}
