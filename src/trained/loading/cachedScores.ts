// The text of `scores.json`: the scores of an export, or those that a run has cached for its checkpoints.
import { UserError } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { type JsonObject, parseJsonObject, stringifyJson } from '../../storage/jsonText.ts';
import type { FlowModel } from '../model/flowModel.ts';
import { problemInScores, type ReferenceScores } from '../model/referenceScores.ts';

/** The name of the file in an export or a run. */
export const SCORES_FILE = 'scores.json';

/** The most bytes of the file: about a million bits/dim, or the statistics of large images. */
export const LARGEST_SCORES = 2 ** 25;

/** The scores that a run keeps: other weights, draws, seeds and validation shares replace the oldest. */
const MOST_KEPT = 8;

/** Scores in the cache of a run, with what identifies them besides the model. */
export interface CachedScores extends ReferenceScores {
  /** The name of the dataset in the configuration, and the share held out. */
  readonly of: string;
}

/** What the scores of a run depend on besides its validation images. */
export interface ScoresKey {
  readonly fingerprint: string;
  /** By default any; the latest are used. */
  readonly draws?: number | undefined;
  readonly seed?: number | undefined;
}

/** What identifies the validation images of a run: their dataset, and the share held out. */
export function validationOf({ data: { name, validation } }: Config): string {
  return `${name}, validation ${validation}`;
}

/**
 * The scores in the file of a run.
 *
 * @param path the file, for errors
 * @throws UserError (`invalid-data`) if it is damaged
 */
export function parseCachedScores(text: string, path: string): CachedScores[] {
  return cachedIn(parseScoresObject(text, path), path);
}

function cachedIn({ scores }: JsonObject, path: string): CachedScores[] {
  if (!Array.isArray(scores)) {
    throw new UserError('invalid-data', `${path}: its scores are not a list; delete it`);
  }
  for (const one of scores) {
    requireSoundScores(one, path);
  }
  return scores;
}

/** The scores of these validation images for a model; undefined if there are none. */
export function foundScores(
  cached: readonly CachedScores[],
  of: string,
  { fingerprint, draws, seed }: ScoresKey,
): ReferenceScores | undefined {
  const found = cached.findLast(
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

/** The file of a run with more scores. */
export function withScores(cached: readonly CachedScores[], of: string, scores: ReferenceScores): string {
  const others = cached.filter(
    (one) =>
      one.of !== of ||
      one.fingerprint !== scores.fingerprint ||
      one.draws !== scores.draws ||
      one.seed !== scores.seed,
  );
  const kept = [...others, { of, ...scores }].slice(-MOST_KEPT);
  const text = (): string => `${stringifyJson({ scores: kept })}\n`;
  while (kept.length > 1 && text().length > LARGEST_SCORES) {
    kept.shift();
  }
  return text();
}

/**
 * The statistics of validation images in `scores.json` of an export or a run, for a page that has fetched it: the latest of
 * this model. Undefined if it has none.
 *
 * @throws UserError (`invalid-data`) if the file is damaged
 */
export function readReference(
  file: Uint8Array | string,
  { fingerprint }: FlowModel,
): ReferenceScores | undefined {
  const text = typeof file === 'string' ? file : new TextDecoder().decode(file);
  const content = parseScoresObject(text, SCORES_FILE);
  if ('scores' in content) {
    return cachedIn(content, SCORES_FILE).findLast((one) => one.fingerprint === fingerprint);
  }
  const scores: unknown = content;
  requireSoundScores(scores, SCORES_FILE);
  return scores.fingerprint === fingerprint ? scores : undefined;
}

/** The object in the text of the file. */
export function parseScoresObject(text: string, path: string): JsonObject {
  return parseJsonObject(text, path, '; delete it');
}

/**
 * Checks the scores from a file.
 *
 * @throws UserError (`invalid-data`) if they are damaged
 */
export function requireSoundScores(value: unknown, path: string): asserts value is ReferenceScores {
  const problem = problemInScores(value);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${path}: ${problem}; delete it`);
  }
}
