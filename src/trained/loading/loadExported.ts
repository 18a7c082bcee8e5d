// A trained model from the folder of an export.
import { exists, readText } from '../../storage/files.ts';
import { pathIn } from '../../storage/folders.ts';
import { readSafetensorsBytes } from '../../storage/safetensorsFile.ts';
import type { TrainedModel } from '../model/trainedModel.ts';
import { type ExportChoice, exportedModel, requireOwnArrays, WEIGHTS_FILE } from './exportedModel.ts';
import { MANIFEST_FILE, type Manifest, manifestFrom } from './manifest.ts';
import { readScores } from './scoresFile.ts';

/** Whether a folder holds an exported model. */
export function isExported(directory: string): boolean {
  return exists(pathIn(directory, MANIFEST_FILE)) && exists(weightsIn(directory));
}

/**
 * Loads an exported model: its options and the weights of the run.
 *
 * @throws UserError if a file cannot be read, is inconsistent or does not match the manifest
 */
export function loadExported(directory: string, choice: ExportChoice = {}): TrainedModel {
  const path = weightsIn(directory);
  const manifest = readManifest(directory);
  const bytes = readSafetensorsBytes(path, requireOwnArrays);
  const model = exportedModel(bytes, { path, name: directory, manifest }, choice);
  return { ...model, scores: (fingerprint) => readScores(directory, fingerprint, manifest) };
}

/** The most bytes of a manifest: room for the longest list of class names, twice. */
const LARGEST_MANIFEST = 2 ** 22;

/**
 * The manifest of an export.
 *
 * @throws UserError if it cannot be read or is not a manifest
 */
export function readManifest(directory: string): Manifest {
  const path = pathIn(directory, MANIFEST_FILE);
  return manifestFrom(readText(path, LARGEST_MANIFEST), path);
}

function weightsIn(directory: string): string {
  return pathIn(directory, WEIGHTS_FILE);
}
