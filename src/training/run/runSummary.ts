// The summary of a run, `summary.json`: the result of the training, then every evaluation.
import { writeFileAtomically } from '../../storage/files.ts';
import { readJson } from '../../storage/jsonFile.ts';
import type { JsonObject } from '../../storage/jsonLines.ts';
import type { RunPaths } from './runFolder.ts';

/** The contents of `summary.json`; an empty object if it does not exist. */
export function readSummary(paths: RunPaths): JsonObject {
  return readJson<JsonObject>(paths.summary) ?? {};
}

/** Writes the summary of a run, keeping the evaluations of an earlier one. */
export function writeSummary(paths: RunPaths, summary: JsonObject): void {
  const { evaluations } = readSummary(paths);
  storeSummary(paths, { ...summary, ...(evaluations === undefined ? {} : { evaluations }) });
}

/** Appends an evaluation to the summary's `evaluations`. */
export function appendEvaluation(paths: RunPaths, evaluation: JsonObject): void {
  const summary = readSummary(paths);
  const earlier = Array.isArray(summary.evaluations) ? summary.evaluations : [];
  storeSummary(paths, { ...summary, evaluations: [...earlier, evaluation] });
}

function storeSummary(paths: RunPaths, summary: JsonObject): void {
  writeFileAtomically(paths.summary, `${JSON.stringify(summary, null, 2)}\n`);
}
