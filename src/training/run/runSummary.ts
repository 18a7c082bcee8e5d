// The summary of a run, `summary.json`: what the training reached, then every evaluation made of it.
import { writeFileAtomically } from '../../storage/files.ts';
import { readJson } from '../../storage/jsonFile.ts';
import type { JsonObject } from '../../storage/jsonLines.ts';
import type { RunPaths } from './runFolder.ts';

/** What `summary.json` holds; an empty object before there is one. */
export function readSummary(paths: RunPaths): JsonObject {
  return readJson<JsonObject>(paths.summary) ?? {};
}

/** Writes the summary of a training; the evaluations that an earlier one has are kept. */
export function writeSummary(paths: RunPaths, summary: JsonObject): void {
  const { evaluations } = readSummary(paths);
  storeSummary(paths, { ...summary, ...(evaluations === undefined ? {} : { evaluations }) });
}

/** Adds an evaluation to the list `evaluations` of the summary. */
export function appendEvaluation(paths: RunPaths, evaluation: JsonObject): void {
  const summary = readSummary(paths);
  const earlier = Array.isArray(summary.evaluations) ? summary.evaluations : [];
  storeSummary(paths, { ...summary, evaluations: [...earlier, evaluation] });
}

function storeSummary(paths: RunPaths, summary: JsonObject): void {
  writeFileAtomically(paths.summary, `${JSON.stringify(summary, null, 2)}\n`);
}
