// A trained model from the folder of an export.
import { exists, readBytes } from '../../storage/files.ts';
import { pathIn } from '../../storage/folders.ts';
import { type ExportChoice, exportedModel, WEIGHTS_FILE } from './exportedModel.ts';
import { readScores } from './scoresFile.ts';
import type { TrainedModel } from './trainedModel.ts';

/** Whether a folder holds an exported model. */
export function isExported(directory: string): boolean {
  return exists(pathIn(directory, 'manifest.json')) && exists(weightsIn(directory));
}

/**
 * Loads an exported model: its options and the weights of the run.
 *
 * @throws UserError if the file cannot be read or is inconsistent, or holds other weights
 */
export function loadExported(directory: string, choice: ExportChoice = {}): TrainedModel {
  const path = weightsIn(directory);
  const model = exportedModel(readBytes(path), { path, name: directory }, choice);
  return { ...model, scores: (fingerprint) => readScores(directory, fingerprint) };
}

function weightsIn(directory: string): string {
  return pathIn(directory, WEIGHTS_FILE);
}
