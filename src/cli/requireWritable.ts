// Checks that a file can be written, before the work rather than after it.
import { dirname, extname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { ClosedFolder } from '../storage/closedFolder.ts';
import { exists, requireWritable } from '../storage/files.ts';
import { noteOnStderr } from './terminal/output.ts';

/**
 * Checks that an output can be written to `path`, and says so if it replaces a file: files that a command names as
 * its output are replaced, folders and prepared datasets never are. A link is written through, but not one in a run
 * folder or an export: whoever made the folder may have placed it there.
 *
 * @throws UserError if not
 */
export function requireWritableOutput(path: string): void {
  // First: without access to the folder, nothing can be asked about the files in it.
  requireWritable(path);
  const folder = dirname(path);
  for (const around of [folder, join(folder, '..')]) {
    if (['config.yaml', 'manifest.json'].some((name) => exists(join(around, name)))) {
      new ClosedFolder(around).requireNoLink(path);
    }
  }
  if (exists(path)) {
    noteOnStderr(`${path} exists: the result will replace it`);
  }
}

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
  requireWritableOutput(path);
}
