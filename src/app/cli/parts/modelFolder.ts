// The argument that names a model: a folder, or a bundled model.
import { isAbsolute, relative } from 'node:path';
import { nearestNames, UserError } from '../../../core/errors.ts';
import { exists } from '../../../data/files/index.node.ts';
import { bundledModel, bundledModelNames } from '../../bundledModels.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** Describes the argument in help. */
export const MODEL = 'a run folder, an exported model, or the name of a bundled model (emerging models)';

/**
 * The folder of a model. A folder of the working directory is preferred to a bundled model of the same name, with a note
 * on stderr.
 *
 * @throws UserError (`not-found`) if there is neither, but a bundled model with a similar name
 */
export function modelFolder(pathOrName: string): string {
  const bundled = bundledModel(pathOrName);
  if (exists(pathOrName)) {
    if (bundled !== undefined) {
      noteOnStderr(
        `using ./${pathOrName}, not the bundled model of this name, which is ${pathFromHere(bundled)}`,
      );
    }
    return pathOrName;
  }
  if (bundled !== undefined) {
    return pathFromHere(bundled);
  }
  const near = /^[\w-]+$/.test(pathOrName) ? nearestNames(pathOrName, bundledModelNames()) : [];
  if (near.length > 0) {
    throw new UserError(
      'not-found',
      `there is no folder ${pathOrName}, and no bundled model of this name: did you mean ${near.join(' or ')}?`,
    );
  }
  return pathOrName;
}

/** The folders of several models: a parser for an argument with several values. */
export function modelFolders(pathOrName: string, earlier: readonly string[] = []): string[] {
  return [...earlier, modelFolder(pathOrName)];
}

/** A path relative to the working directory if it is inside, else absolute. */
function pathFromHere(path: string): string {
  const fromHere = relative('.', path);
  return fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere;
}
