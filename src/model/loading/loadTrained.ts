// A trained model from the folder of a run or an export.
import { ClosedFolder, exists, pathIn, readText } from '../../data/files/index.node.ts';
import type { TrainedModel } from '../trainedModel.ts';
import {
  largestManifest,
  MANIFEST_FILE,
  type Manifest,
  manifestFrom,
  readExport,
  WEIGHTS_FILE,
} from './exportFiles.ts';
import type { LoadedRun } from './loadRun.ts';
import type { DamagedChoice } from './readRun.ts';
import { readScores } from './scoresFile.ts';

/**
 * Loads a run or an export; `isRun` tells which.
 *
 * @throws UserError as `loadModel` does
 */
export async function loadTrained(
  directory: string,
  { acceptDamage = false, ...choice }: DamagedChoice = {},
): Promise<LoadedRun | TrainedModel> {
  if (isExported(directory)) {
    const model = await readExport(new ClosedFolder(directory), { ...choice, acceptDamage });
    return { ...model, scores: (fingerprint) => readScores(directory, fingerprint, readManifest(directory)) };
  }
  // Configurations need parsers that take a tenth of a second to load, and an export has none.
  const { loadRun } = await import('./loadRun.ts');
  return loadRun(directory, { ...choice, acceptDamage, orExport: true });
}

/** Whether a model was loaded from a run folder. */
export function isRun(trained: LoadedRun | TrainedModel): trained is LoadedRun {
  return 'paths' in trained;
}

/** Whether a folder holds an exported model. */
export function isExported(directory: string): boolean {
  return [MANIFEST_FILE, WEIGHTS_FILE].every((name) => exists(pathIn(directory, name)));
}

/**
 * The manifest of an export.
 *
 * @throws UserError if it cannot be read or is not a manifest
 */
export function readManifest(directory: string): Manifest {
  const path = pathIn(directory, MANIFEST_FILE);
  return manifestFrom(readText(path, largestManifest), path);
}
