// The files that commands write where --out and the like say, or by default in the working directory.
import { dirname, extname, join } from 'node:path';
import { option, phrase, UserError } from '../errors.ts';
import { ClosedFolder } from '../storage/closedFolder.ts';
import { exists, requireWritable, writeFileAtomically } from '../storage/files.ts';
import { noteOnStderr } from './terminal/output.ts';

/**
 * Where an output goes: a path that the user has named, which may be a link, or a name in the working directory that the
 * command has chosen, which may not: whoever made the folder may have placed a link there.
 */
type OutputPlace = string | { readonly byDefault: string };

/** A file that a command will write. */
export interface OutputFile {
  readonly path: string;
  /** Writes all of it, in place of what was there. */
  write(content: Uint8Array | string): void;
}

/**
 * Checks that an output can be written, before the work rather than after it, and says so if it replaces a file: files
 * that a command names as its output are replaced, folders and prepared datasets never are. A link that the user has
 * named is written through, but not one in a run folder or an export, which may come from a stranger.
 *
 * @throws UserError if not
 */
export function outputFile(place: OutputPlace): OutputFile {
  const path = typeof place === 'string' ? place : place.byDefault;
  // First: without access to the folder, nothing can be asked about the files in it.
  requireWritable(path);
  const closed =
    typeof place === 'string'
      ? strangersFolder(path)
      : new ClosedFolder('.', { remedy: phrase`delete it, or name the file: ${option('out', path)}` });
  closed?.requireNoLink(path);
  if (exists(path)) {
    noteOnStderr(`${path} exists: the result will replace it`);
  }
  return {
    path,
    write: (content) => (closed ? closed.write(path, content) : writeFileAtomically(path, content)),
  };
}

/**
 * The same for a picture: it is always a PNG.
 *
 * @throws UserError if it cannot be written, or if the name does not end in .png
 */
export function outputPng(place: OutputPlace): OutputFile {
  const path = typeof place === 'string' ? place : place.byDefault;
  if (extname(path).toLowerCase() !== '.png') {
    throw new UserError(
      'invalid-argument',
      `cannot write ${path}: pictures are written as PNG; name it ${path.slice(0, path.length - extname(path).length)}.png`,
    );
  }
  return outputFile(place);
}

/** The run folder or export that a path is in, also in a subfolder of it. */
function strangersFolder(path: string): ClosedFolder | undefined {
  const folder = dirname(path);
  const around = [folder, join(folder, '..')].find((one) =>
    ['config.yaml', 'manifest.json'].some((name) => exists(join(one, name))),
  );
  return around === undefined ? undefined : new ClosedFolder(around);
}
