// The models that come with the package, by name.
import { fileURLToPath } from 'node:url';
import { exists, listFolder, pathIn } from '../data/files/index.node.ts';
import { MANIFEST_FILE } from '../model/loading/index.ts';

/** The folder that contains them. */
export const bundledModelsFolder = fileURLToPath(new URL('../../models', import.meta.url));

/** The folder of a bundled model; undefined if none has this name. */
export function bundledModel(name: string): string | undefined {
  const folder = pathIn(bundledModelsFolder, name);
  return /^[\w-]+$/.test(name) && exists(pathIn(folder, MANIFEST_FILE)) ? folder : undefined;
}

/** The names of the bundled models. */
export function bundledModelNames(): string[] {
  const names = exists(bundledModelsFolder) ? listFolder(bundledModelsFolder) : [];
  return names.filter((name) => bundledModel(name) !== undefined);
}
