// The file `summary.json` of a run folder.
import { UserError } from '../../errors.ts';
import { exists, readText } from '../../storage/files.ts';
import type { JsonObject } from '../../storage/jsonText.ts';
import { evaluationsIn, parseSummary, summaryText, withEvaluationsOf } from '../contents/runSummary.ts';
import { runFiles } from './closedRun.ts';
import type { RunPaths } from './runFolder.ts';

/** The most bytes of a summary: hundreds of evaluations of a model with a thousand classes. */
const LARGEST = 2 ** 24;

/**
 * The contents of `summary.json`; an empty object if it does not exist.
 *
 * @throws UserError with its name if it is corrupt, or its evaluations or changes are not what they should be
 */
export function readSummary({ summary: path }: RunPaths): JsonObject {
  return exists(path) ? parseSummary(readText(path, LARGEST), path) : {};
}

/** The same, but an empty object if it is corrupt: a resume sets such a file aside and starts another. */
export function readSummaryIfSound(paths: RunPaths): JsonObject {
  try {
    return readSummary(paths);
  } catch (error) {
    if (error instanceof UserError && error.code === 'invalid-data') {
      return {};
    }
    throw error;
  }
}

/** Writes the summary of a run, keeping the evaluations of an earlier one. */
export function writeSummary(paths: RunPaths, summary: JsonObject): void {
  storeSummary(paths, withEvaluationsOf(readSummary(paths), summary));
}

/** Appends an evaluation to the summary's `evaluations`. */
export function appendEvaluation(paths: RunPaths, evaluation: JsonObject): void {
  const summary = readSummary(paths);
  storeSummary(paths, { ...summary, evaluations: [...evaluationsIn(summary), evaluation] });
}

function storeSummary(paths: RunPaths, summary: JsonObject): void {
  runFiles(paths).write(paths.summary, summaryText(summary));
}
