// The summary of a run, `summary.json`: the result of the training, then every evaluation.
import { UserError } from '../../errors.ts';
import { readJson } from '../../storage/jsonFile.ts';
import type { JsonObject } from '../../storage/jsonLines.ts';
import { runFiles } from './runFiles.ts';
import type { RunPaths } from './runFolder.ts';

/**
 * The contents of `summary.json`; an empty object if it does not exist.
 *
 * @throws UserError with its name if it is corrupt, or its evaluations or changes are not what they should be
 */
export function readSummary({ summary: path }: RunPaths): JsonObject {
  const summary = readJson<JsonObject>(path) ?? {};
  const problem = problemIn(summary);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${path}: ${problem}; delete it`);
  }
  return summary;
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

/** The evaluations that a summary lists. */
export function evaluationsIn({ evaluations }: JsonObject): readonly JsonObject[] {
  return Array.isArray(evaluations) ? evaluations : [];
}

/** Writes the summary of a run, keeping the evaluations of an earlier one. */
export function writeSummary(paths: RunPaths, summary: JsonObject): void {
  const { evaluations } = readSummary(paths);
  storeSummary(paths, { ...summary, ...(evaluations === undefined ? {} : { evaluations }) });
}

/** Appends an evaluation to the summary's `evaluations`. */
export function appendEvaluation(paths: RunPaths, evaluation: JsonObject): void {
  const summary = readSummary(paths);
  storeSummary(paths, { ...summary, evaluations: [...evaluationsIn(summary), evaluation] });
}

function storeSummary(paths: RunPaths, summary: JsonObject): void {
  runFiles(paths).write(paths.summary, `${JSON.stringify(summary, null, 2)}\n`);
}

/** What is wrong with the lists of a summary; undefined if nothing is. */
function problemIn({ evaluations, changes }: JsonObject): string | undefined {
  return (
    problemInList('evaluations', evaluations, (entry) => isObject(entry)) ??
    problemInList(
      'changes',
      changes,
      (entry) => isObject(entry) && typeof entry.step === 'number' && typeof entry.setting === 'string',
    )
  );
}

function problemInList(
  name: string,
  list: unknown,
  isSound: (entry: unknown) => boolean,
): string | undefined {
  if (list === undefined) {
    return undefined;
  }
  if (!Array.isArray(list)) {
    return `${name} is not a list`;
  }
  const wrong = list.findIndex((entry) => !isSound(entry));
  return wrong === -1 ? undefined : `${name}[${wrong}] is damaged`;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
