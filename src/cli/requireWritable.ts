// Checks that a picture can be written, before the work rather than after it.
import { extname } from 'node:path';
import { UserError } from '../errors.ts';
import { requireWritable } from '../storage/files.ts';

/**
 * Checks that a picture can be written to `path`: it is always a PNG.
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
