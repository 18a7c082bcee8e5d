// Validation scores on disk: `scores.json` of an export, and the cache of a run under the same name.
import { UserError } from '../../errors.ts';
import type { RunPaths } from '../../runs/folder/runFolder.ts';
import { runFiles } from '../../runs/folder/runLock.ts';
import { ClosedFolder } from '../../storage/closedFolder.ts';
import { exists, readText } from '../../storage/files.ts';
import { pathIn } from '../../storage/folders.ts';
import { type JsonObject, parseJsonObject, stringifyJson } from '../../storage/jsonText.ts';
import { problemInScores, type ReferenceScores, scoresText } from '../model/referenceScores.ts';
import {
  checksumOfFile,
  largestManifest,
  MANIFEST_FILE,
  type Manifest,
  manifestText,
  requireListed,
} from './manifest.ts';

/** The name of the file in an export or a run folder. */
export const SCORES_FILE = 'scores.json';

/** The most bytes of the file: about a million bits/dim, or the statistics of large images. */
const LARGEST = 2 ** 25;

/** The scores that a run keeps: other weights, draws, seeds and validation shares replace the oldest. */
const MOST_KEPT = 8;

/** Scores in the cache of a run, with what identifies them besides the model. */
interface CachedScores extends ReferenceScores {
  /** The name of the dataset in the configuration, and the share held out. */
  readonly of: string;
}

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
  const text = readText(path, LARGEST);
  const scores: unknown = parseObject(text, path);
  requireSound(scores, path);
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
  // Exports of earlier versions list no files.
  if (typeof manifest.files === 'object' && manifest.files !== null) {
    const { [SCORES_FILE]: entry, ...files } = manifest.files as JsonObject;
    const listed = { ...(entry as object | undefined), ...checksumOfFile(text) };
    folder.write(path, manifestText({ ...manifest, files: { ...files, [SCORES_FILE]: listed } }));
  }
}

/** What the scores of a run depend on besides its validation images. */
export interface ScoresKey {
  readonly fingerprint: string;
  /** By default any; the latest are used. */
  readonly draws?: number | undefined;
  readonly seed?: number | undefined;
}

/**
 * The scores that a run has cached for a model; undefined if it has none.
 *
 * @throws UserError (`invalid-data`) if the file is damaged
 */
export function readCachedScores(
  paths: RunPaths,
  of: string,
  { fingerprint, draws, seed }: ScoresKey,
): ReferenceScores | undefined {
  const found = cachedIn(paths).findLast(
    (one) =>
      one.of === of &&
      one.fingerprint === fingerprint &&
      one.draws === (draws ?? one.draws) &&
      one.seed === (seed ?? one.seed),
  );
  if (found === undefined) {
    return undefined;
  }
  const { of: _, ...scores } = found;
  return scores;
}

/**
 * Adds scores to the cache of a run.
 *
 * @throws UserError if it is damaged, a link, or cannot be written
 */
export function storeScores(paths: RunPaths, of: string, scores: ReferenceScores): void {
  const others = cachedIn(paths).filter(
    (one) =>
      one.of !== of ||
      one.fingerprint !== scores.fingerprint ||
      one.draws !== scores.draws ||
      one.seed !== scores.seed,
  );
  const kept = [...others, { of, ...scores }].slice(-MOST_KEPT);
  const text = (): string => `${stringifyJson({ scores: kept })}\n`;
  while (kept.length > 1 && text().length > LARGEST) {
    kept.shift();
  }
  runFiles(paths).write(pathIn(paths.directory, SCORES_FILE), text());
}

function cachedIn({ directory }: RunPaths): CachedScores[] {
  const path = pathIn(directory, SCORES_FILE);
  if (!exists(path)) {
    return [];
  }
  const { scores } = parseObject(readText(path, LARGEST), path);
  if (!Array.isArray(scores)) {
    throw new UserError('invalid-data', `${path}: its scores are not a list; delete it`);
  }
  for (const one of scores) {
    requireSound(one, path);
  }
  return scores;
}

function parseObject(text: string, path: string): JsonObject {
  return parseJsonObject(text, path, '; delete it');
}

function requireSound(value: unknown, path: string): asserts value is ReferenceScores {
  const problem = problemInScores(value);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${path}: ${problem}; delete it`);
  }
}
