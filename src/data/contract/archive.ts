// The files in a folder or archive, behind one interface.
import { UserError } from '../../core/errors.ts';
import type { Admit, Budget } from './budget.ts';

interface StoredFile {
  readonly name: string;
  /** The path of the folder or archive, and the name, for messages. */
  readonly source: string;
  /** The budget of this pass over the folder or archive. */
  readonly budget: Budget;
  /** Reads all of it; `admit` is called before memory is allocated. Throws UserError with its name if that fails. */
  read(admit?: Admit): Promise<Uint8Array>;
}

/** The files in a folder or archive. */
export interface Archive {
  /** The path of the folder or archive. */
  readonly path: string;
  readonly isArchive: boolean;
  /**
   * The names of all files except hidden ones: in alphabetical order for a folder, in stored order for an
   * archive, where a name may occur more than once. A folder is listed only once; files added later are not seen.
   */
  names(): Promise<string[]>;
  /** The names of the links in a tar archive, which are not read, as of the last call of `names`. */
  links?(): readonly string[];
  /** The names of links to files outside the folder, as of the last call of `names`. */
  linksOut?(): readonly string[];
  /** The names of entries in a folder that are not regular files (FIFOs, devices, links to folders), as of the last call of `names`. */
  irregular?(): readonly string[];
  /**
   * The files whose names are `wanted`, in that order; throws UserError if an archive as a whole is corrupt.
   */
  files(wanted: (name: string) => boolean): AsyncIterable<StoredFile>;
}

/** Larger files are rejected: 256 MiB, far more than any image takes. */
export const maxFileBytes = 2 ** 28;

/** Throws UserError if a file, or one in an archive, is larger than the limit, in bytes. */
export function requireSize(size: number, limit: number, where: string): void {
  if (size > limit) {
    throw new UserError('invalid-data', `${where}: too large: ${size} bytes, at most ${limit}`);
  }
}

/** Neither hidden nor added to archives by macOS. */
export function isVisible(name: string): boolean {
  return !/(^|\/)(\.|__MACOSX\/)/.test(name);
}

/** Opens a folder or archive: `openArchive`, or the result of `openingOnce`. */
export type ArchiveOpener = (path: string) => Promise<Archive>;
