// Validation scores on disk: `scores.json` of an export, and the cache of a run under the same name.
import { UserError } from '../../errors.ts';
import type { RunPaths } from '../../runs/folder/runFolder.ts';
import { runFiles } from '../../runs/folder/runLock.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { exists, readText } from '../../storage/files.ts';
import { pathIn } from '../../storage/folders.ts';
import { type JsonObject, parseJsonObject } from '../../storage/jsonText.ts';
import { type ReferenceScores, scoresText } from '../model/referenceScores.ts';
import {
  type CachedScores,
  foundScores,
  LARGEST_SCORES,
  parseCachedScores,
  parseScoresObject,
  requireSoundScores,
  SCORES_FILE,
  type ScoresKey,
  withScores,
} from './cachedScores.ts';
import {
  checksumOfFile,
  largestManifest,
  MANIFEST_FILE,
  type Manifest,
  manifestText,
  requireListed,
} from './manifest.ts';

/**
 * The scores in an export; undefined if it has none.
 *
 * @throws UserError (`invalid-data`) if the file is damaged, (`mismatch`) if it belongs to another model or does not match
 * the manifest
 */
export function readScores(
  directory: string,
  fingerprint: string,
  manifest: Manifest,
): ReferenceScores | undefined {
  const path = pathIn(directory, SCORES_FILE);
  if (!exists(path)) {
    return undefined;
  }
  const text = readText(path, LARGEST_SCORES);
  const scores: unknown = parseScoresObject(text, path);
  requireSoundScores(scores, path);
  if (scores.fingerprint !== fingerprint) {
    throw new UserError('mismatch', `${path} does not belong to the weights in ${directory}: export again`);
  }
  requireListed(manifest, SCORES_FILE, path, text);
  return scores;
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
  folder.write(pathIn(directory, SCORES_FILE), text);
  const { [SCORES_FILE]: entry, ...files } = manifest.files as JsonObject;
  const listed = { ...(entry as object | undefined), ...checksumOfFile(text) };
  folder.write(path, manifestText({ ...manifest, files: { ...files, [SCORES_FILE]: listed } }));
}

/**
 * The scores that a run has cached for a model; undefined if it has none.
 *
 * @throws UserError (`invalid-data`) if the file is damaged
 */
export function readCachedScores(paths: RunPaths, of: string, key: ScoresKey): ReferenceScores | undefined {
  return foundScores(cachedIn(paths), of, key);
}

/**
 * Adds scores to the cache of a run.
 *
 * @throws UserError if it is damaged, a link, or cannot be written
 */
export function storeScores(paths: RunPaths, of: string, scores: ReferenceScores): void {
  runFiles(paths).write(pathIn(paths.directory, SCORES_FILE), withScores(cachedIn(paths), of, scores));
}

function cachedIn({ directory }: RunPaths): CachedScores[] {
  const path = pathIn(directory, SCORES_FILE);
  return exists(path) ? parseCachedScores(readText(path, LARGEST_SCORES), path) : [];
}
