// The logs in a run folder.
import { appendJsonLine, type LastLines, readJsonLines, readLastJsonLines } from '../../storage/jsonLines.ts';
import type { JsonObject } from '../../storage/jsonText.ts';
import { checkMetrics, checkTimings, type TrainingTime, timeOf } from '../contents/logLines.ts';
import { runFiles } from './closedRun.ts';
import type { RunPaths } from './runFolder.ts';

/**
 * The lines of a run's `metrics.jsonl`, read as they are asked for.
 *
 * @throws UserError with file and line if one is damaged
 */
export function readMetrics(paths: RunPaths): Iterable<JsonObject> {
  return readJsonLines(paths.metrics, checkMetrics);
}

/** The last lines of a run's `metrics.jsonl`, and of its `timings.jsonl`. */
export function readLastLines(paths: RunPaths): { metrics: LastLines; timings: LastLines } {
  return {
    metrics: readLastJsonLines(paths.metrics, checkMetrics),
    timings: readLastJsonLines(paths.timings, checkTimings),
  };
}

/** Adds a line to the run's `metrics.jsonl`. */
export function appendMetrics(paths: RunPaths, line: JsonObject): void {
  appendJsonLine(runFiles(paths), paths.metrics, line);
}

/** Adds a line to the run's `timings.jsonl`. */
export function appendTiming(paths: RunPaths, line: JsonObject): void {
  appendJsonLine(runFiles(paths), paths.timings, line);
}

/** The time of all steps of a run, earlier calls included. */
export function trainingTime(paths: RunPaths): TrainingTime {
  return timeOf(readJsonLines(paths.timings, checkTimings));
}
