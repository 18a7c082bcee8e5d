// `scores.json` in the folder of a run or an export.
import { UserError } from '../../core/errors.ts';
import { ClosedFolder, exists, pathIn, readText } from '../../data/files/index.node.ts';
import { type JsonObject, parseJsonObject } from '../../data/files/index.ts';
import { type RunPaths, runFiles } from '../../runs/folder/index.ts';
import {
  LARGEST_SCORES,
  parseScores,
  type ReferenceScores,
  SCORES_FILE,
  scoresText,
} from '../referenceScores.ts';
import {
  checksumOfFile,
  largestManifest,
  MANIFEST_FILE,
  type Manifest,
  manifestText,
  requireListed,
} from './exportFiles.ts';

/**
 * The scores in a folder; undefined if it has none, or a run's belong to other weights.
 *
 * @param manifest the export's
 * @throws UserError (`invalid-data`) if the file is damaged, (`mismatch`) if an export's belongs to another model or does
 * not match the manifest
 */
export function readScores(
  directory: string,
  fingerprint: string,
  manifest?: Manifest,
): ReferenceScores | undefined {
  const path = pathIn(directory, SCORES_FILE);
  if (!exists(path)) {
    return undefined;
  }
  const text = readText(path, LARGEST_SCORES);
  const scores = parseScores(text, path);
  if (manifest === undefined) {
    return scores.fingerprint === fingerprint ? scores : undefined;
  }
  if (scores.fingerprint !== fingerprint) {
    throw new UserError('mismatch', `${path} does not belong to the weights in ${directory}: export again`);
  }
  requireListed(manifest, SCORES_FILE, path, text);
  return scores;
}

/**
 * Replaces the scores in a run.
 *
 * @throws UserError if the file is a link or cannot be written
 */
export function storeRunScores(paths: RunPaths, scores: ReferenceScores): void {
  runFiles(paths).write(SCORES_FILE, scoresText(scores));
}

/**
 * Replaces the scores in an export, and their checksum in its manifest.
 *
 * @throws UserError if a file is a link or cannot be written, or the manifest is damaged
 */
export function storeExportScores(directory: string, scores: ReferenceScores): void {
  const folder = new ClosedFolder(directory);
  const path = pathIn(directory, MANIFEST_FILE);
  const manifest = parseJsonObject(readText(path, largestManifest), path, '; export again');
  const text = scoresText(scores);
  const { [SCORES_FILE]: entry, ...files } = manifest.files as JsonObject;
  const listed = { ...(entry as object | undefined), ...checksumOfFile(text) };
  // Not listed until they are replaced: the manifest never contradicts the file, whenever the process ends.
  folder.write(MANIFEST_FILE, manifestText({ ...manifest, files }));
  folder.write(SCORES_FILE, text);
  folder.write(MANIFEST_FILE, manifestText({ ...manifest, files: { ...files, [SCORES_FILE]: listed } }));
}
