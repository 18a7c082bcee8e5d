// Output files of commands: at a path the user names (--out), or under a default name next to the data or the run.
import { basename, dirname, extname, join, parse, resolve } from 'node:path';
import { option, phrase, UserError, visibleText } from '../../../core/errors.ts';
import { type ImageOfSet, imageText } from '../../../data/contract/index.ts';
import {
  ClosedFolder,
  entryAt,
  exists,
  isFolder,
  isWithin,
  pathFrom,
  requireNewFolder,
  requireWritable,
  writeFileAtomically,
} from '../../../data/files/index.node.ts';
import { datasetRecords } from '../../../data/sets/records.ts';
import { bundledModelsFolder } from '../../bundledModels.ts';
import { formatCount } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { requireNoInput, requireNoModelFile } from './protectedFiles.ts';

/**
 * The path of an output. A path named by the user may be a link. A default name may not: the link may have come with a
 * downloaded folder.
 */
type OutputPlace = string | DefaultPlace;

/** A name that the program chooses. */
interface DefaultPlace {
  readonly byDefault: string;
}

/** `photos-train.png` next to the folder `photos`; for a named dataset, in the working directory. */
export function besideData(nameOrPath: string, suffix: string): DefaultPlace {
  const isNamed = Object.hasOwn(datasetRecords, nameOrPath);
  const folder = isNamed ? '.' : folderAround(nameOrPath);
  // The folder's name for paths such as . and ..
  const name = basename(resolve(nameOrPath));
  return { byDefault: join(folder, `${basename(name, extname(name)) || 'images'}${suffix}`) };
}

/** A file next to the folder of a run or export; for a bundled model, in the working directory. */
export function besideModel(directory: string, name: string): DefaultPlace {
  const isBundled = exists(directory) && isWithin(bundledModelsFolder, directory);
  return { byDefault: join(isBundled ? '.' : folderAround(directory), name) };
}

/**
 * An output under a default name, or `samples-2.png` for `samples.png`, and so on: the first name that nothing has yet, also
 * if another process takes one meanwhile.
 *
 * @param open what opens it, such as `outputFile`
 */
export function freeOutput(preferred: DefaultPlace, open: (free: DefaultPlace) => OutputFile): OutputFile {
  let output = open(firstFree(preferred));
  return {
    get path() {
      return output.path;
    },
    write(content) {
      if (entryAt(output.path) !== undefined) {
        output = open(firstFree(preferred));
      }
      output.write(content);
    },
  };
}

function firstFree({ byDefault: path }: DefaultPlace): DefaultPlace {
  const { dir, name, ext } = parse(path);
  let free = path;
  for (let copy = 2; entryAt(free) !== undefined; copy++) {
    free = join(dir, `${name}-${copy}${ext}`);
  }
  return { byDefault: free };
}

/** The folder that contains an input; the working directory if there is none, since opening it reports that better. */
function folderAround(input: string): string {
  return exists(input) ? join(input, '..') : '.';
}

/** A file that a command will write. */
interface OutputFile {
  readonly path: string;
  /** Writes the whole file and replaces an existing one. */
  write(content: Uint8Array | string): void;
}

/** Paths and names of datasets that a command reads; undefined for options that the user left out. */
type Inputs = readonly (string | undefined)[];

/**
 * Checks before the work that an output can be written, and notes on stderr if it replaces a file. A link named by the
 * user is written through, except in a run folder or an export, which may come from a stranger.
 *
 * @throws UserError if it can't be written, or would replace one of the inputs or a file that a model needs
 */
export function outputFile(output: OutputPlace, inputs: Inputs): OutputFile {
  const path = typeof output === 'string' ? output : output.byDefault;
  // First, because the other checks need access to the folder.
  requireWritablePlace(output);
  requireNoModelFile(path);
  requireNoInput(path, inputs);
  const closed =
    typeof output === 'string'
      ? strangersFolder(path)
      : new ClosedFolder(dirname(path), {
          remedy: phrase`delete it, or name the file: ${option('out', path)}`,
        });
  closed?.requireNoLink(path);
  if (exists(path)) {
    noteOnStderr(`${path} exists, and will be replaced when the result is complete`);
  }
  return {
    path,
    write: (content) =>
      closed ? closed.write(pathFrom(closed.name, path), content) : writeFileAtomically(path, content),
  };
}

/** What files of these kinds are written as. */
const kinds = {
  '.png': 'pictures are written as PNG',
  '.html': 'the page is written as HTML',
  '.npy': 'arrays are written as NumPy files',
  '.csv': 'results are written as CSV',
};

/**
 * The same for a file of one kind.
 *
 * @throws UserError if it cannot be written, or its name has another ending
 */
export function outputAs(kind: keyof typeof kinds, output: OutputPlace, inputs: Inputs): OutputFile {
  const path = typeof output === 'string' ? output : output.byDefault;
  const extension = extname(path);
  if (extension.toLowerCase() !== kind && !isFolder(path)) {
    const name = `${path.slice(0, path.length - extension.length)}${kind}`;
    throw new UserError('invalid-argument', `cannot write ${path}: ${kinds[kind]}; name it ${name}`);
  }
  return outputFile(output, inputs);
}

/** The same for a picture. */
export function outputPng(output: OutputPlace, inputs: Inputs): OutputFile {
  return outputAs('.png', output, inputs);
}

/** Checks that the folder is writable; the user hasn't named it if the name is the default. */
function requireWritablePlace(output: OutputPlace): void {
  if (typeof output === 'string') {
    requireWritable(output);
    return;
  }
  try {
    requireWritable(output.byDefault);
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    const elsewhere = join('FOLDER', basename(output.byDefault));
    throw new UserError(
      error.code,
      phrase`${error.phrase}; name another place: ${option('out', elsewhere)}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Checks before the work that a new folder can be written.
 *
 * @throws UserError if a folder with contents exists, or a model uses its name
 */
export function requireOutputFolder(path: string): void {
  requireNewFolder(path);
  requireNoModelFile(path);
}

/** The run folder or export that contains a path, directly or in a subfolder. */
function strangersFolder(path: string): ClosedFolder | undefined {
  const folder = dirname(path);
  const around = [folder, join(folder, '..')].find((candidate) =>
    ['config.yaml', 'manifest.json'].some((name) => exists(join(candidate, name))),
  );
  return around === undefined ? undefined : new ClosedFolder(around);
}

/** How many names are listed. */
const LISTED = 16;

/** The names of the images of a sheet, row by row, as a line. */
export function sheetNames(images: readonly ImageOfSet[]): string {
  const more = images.length - LISTED;
  const names = images.slice(0, LISTED).map(imageText);
  const moreText = more > 0 ? ` and ${formatCount(more)} more (--json lists them)` : '';
  return visibleText(`row by row: ${names.join(', ')}${moreText}`);
}
