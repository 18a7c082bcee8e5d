// Whether a result can be written, asked before the work and not after it.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { UserError } from '../errors.ts';
import { explainFileError } from '../storage/fileErrors.ts';

/**
 * Checks that a file may be written at `path`: it is no folder, and the folder it goes to is there and writable.
 *
 * @throws UserError if not
 */
export function requireWritable(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError('invalid-argument', `cannot write ${path}: it is a folder; name a file`);
  }
  if (!existsSync(dirname(path))) {
    throw new UserError(
      'invalid-argument',
      `cannot write ${path}: there is no folder ${dirname(path)}; create it or check the name`,
    );
  }
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw explainFileError(error, path, 'write');
  }
}

/**
 * Checks the same for a picture, which will be a PNG whatever its name.
 *
 * @throws UserError if not, or if the name does not end in .png
 */
export function requireWritablePng(path: string): void {
  if (extname(path).toLowerCase() !== '.png') {
    throw new UserError(
      'invalid-argument',
      `cannot write ${path}: pictures are written as PNG; name it ${path.slice(0, path.length - extname(path).length)}.png`,
    );
  }
  requireWritable(path);
}
