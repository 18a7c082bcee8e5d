// Whether a result can be written, asked before the work and not after it.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { explainFileError } from '../training/files.ts';

/**
 * Checks that a file may be written at `path`: it is no folder, and the folder it goes to is there and writable.
 *
 * @throws UserError if not
 */
export function requireWritable(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`cannot write ${path}: it is a folder; name a file`);
  }
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw explainFileError(error, path, 'write');
  }
}
