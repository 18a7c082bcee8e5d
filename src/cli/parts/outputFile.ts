// Output files of commands: at a path the user names (--out), or under a default name in the working directory.
import { dirname, extname, join } from 'node:path';
import { option, phrase, UserError } from '../../errors.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { exists, requireWritable, writeFileAtomically } from '../../storage/files.ts';
import { noteOnStderr } from '../terminal/output.ts';

/**
 * The path of an output. A path named by the user may be a link. A default name in the working directory may not: the
 * link may have come with a downloaded folder.
 */
type OutputPlace = string | { readonly byDefault: string };

/** A file that a command will write. */
export interface OutputFile {
  readonly path: string;
  /** Writes the whole file and replaces an existing one. */
  write(content: Uint8Array | string): void;
}

/**
 * Checks before the work that an output can be written, and notes on stderr if it replaces a file. A link named by the
 * user is written through, except in a run folder or an export, which may come from a stranger.
 *
 * @throws UserError if not
 */
export function outputFile(place: OutputPlace): OutputFile {
  const path = typeof place === 'string' ? place : place.byDefault;
  // First, because the other checks need access to the folder.
  requireWritable(path);
  const closed =
    typeof place === 'string'
      ? strangersFolder(path)
      : new ClosedFolder('.', { remedy: phrase`delete it, or name the file: ${option('out', path)}` });
  closed?.requireNoLink(path);
  if (exists(path)) {
    noteOnStderr(`${path} exists, and will be replaced when the result is complete`);
  }
  return {
    path,
    write: (content) => (closed ? closed.write(path, content) : writeFileAtomically(path, content)),
  };
}

/**
 * The same for a picture, which is always a PNG.
 *
 * @throws UserError if it cannot be written, or if the name does not end in .png
 */
export function outputPng(place: OutputPlace): OutputFile {
  return outputOfType(place, '.png', 'pictures are written as PNG');
}

/**
 * The same for an HTML page.
 *
 * @throws UserError if it cannot be written, or if the name does not end in .html
 */
export function outputPage(place: OutputPlace): OutputFile {
  return outputOfType(place, '.html', 'the page is written as HTML');
}

function outputOfType(place: OutputPlace, extension: string, why: string): OutputFile {
  const path = typeof place === 'string' ? place : place.byDefault;
  const own = extname(path);
  if (own.toLowerCase() !== extension) {
    const name = `${path.slice(0, path.length - own.length)}${extension}`;
    throw new UserError('invalid-argument', `cannot write ${path}: ${why}; name it ${name}`);
  }
  return outputFile(place);
}

/**
 * The same for an array of values.
 *
 * @throws UserError if it cannot be written, or if the name does not end in .npy
 */
export function outputNpy(path: string): OutputFile {
  if (extname(path).toLowerCase() !== '.npy') {
    throw new UserError(
      'invalid-argument',
      `cannot write ${path}: arrays are written as NumPy files; name it .npy`,
    );
  }
  return outputFile(path);
}

/** The run folder or export that contains a path, directly or in a subfolder. */
function strangersFolder(path: string): ClosedFolder | undefined {
  const folder = dirname(path);
  const around = [folder, join(folder, '..')].find((one) =>
    ['config.yaml', 'manifest.json'].some((name) => exists(join(one, name))),
  );
  return around === undefined ? undefined : new ClosedFolder(around);
}
