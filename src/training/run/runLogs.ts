// Totals from the logs of a run: the time of its steps over all calls, and how often its guard acted.
import { appendJsonLine, type JsonObject, type LineCheck, readJsonLines } from '../../storage/jsonLines.ts';
import { runFiles } from './runFiles.ts';
import type { RunPaths } from './runFolder.ts';

/** The total time of a run's steps. */
export interface TrainingTime {
  /** Of the steps alone, without startup, validation and checkpoints. */
  readonly seconds: number;
  /** Images per second over this time; 0 if there was no step. */
  readonly imagesPerSecond: number;
}

/**
 * The lines of a run's `metrics.jsonl`.
 *
 * @throws UserError with file and line if one is damaged
 */
export function readMetrics(paths: RunPaths): JsonObject[] {
  return readJsonLines(paths.metrics, checkMetrics);
}

/** Adds a line to the run's `metrics.jsonl`. */
export function appendMetrics(paths: RunPaths, line: JsonObject): void {
  appendJsonLine(runFiles(paths), paths.metrics, line);
}

/** What is wrong with a line of `metrics.jsonl`, if anything. */
export const checkMetrics: LineCheck = numbersNamed(['step'], ['bitsPerDim', 'validationBitsPerDim']);

/** What is wrong with a line of `timings.jsonl`, if anything. */
export const checkTimings: LineCheck = numbersNamed(['step', 'seconds'], ['imagesPerSecond']);

/** Requires numbers under these names; values under the optional names may be missing or null, for not finite. */
function numbersNamed(required: readonly string[], optional: readonly string[]): LineCheck {
  return (line) => {
    const wrong =
      required.find((name) => typeof line[name] !== 'number') ??
      optional.find((name) => typeof (line[name] ?? 0) !== 'number');
    return wrong === undefined ? undefined : `its ${wrong} is not a number`;
  };
}

/** Adds a step to the run's `timings.jsonl`. */
export function appendTiming(paths: RunPaths, step: number, seconds: number, images: number): void {
  appendJsonLine(runFiles(paths), paths.timings, { step, seconds, imagesPerSecond: images / seconds });
}

/** The time of all steps of a run, earlier calls included. */
export function trainingTime(paths: RunPaths): TrainingTime {
  let seconds = 0;
  let images = 0;
  for (const line of readJsonLines(paths.timings, checkTimings)) {
    seconds += Number(line.seconds);
    images += Number(line.seconds) * Number(line.imagesPerSecond);
  }
  return { seconds, imagesPerSecond: seconds > 0 ? images / seconds : 0 };
}

/** How often the guard acted. */
export interface Trouble {
  /** Dropped steps: their batches changed nothing. */
  readonly droppedSteps: number;
  /** How often training rolled back to earlier weights. */
  readonly setbacks: number;
}

/** Counts the trouble in the lines of `metrics.jsonl`. */
export function troubleIn(lines: readonly JsonObject[]): Trouble {
  return {
    droppedSteps: lines.filter(({ dropped }) => dropped !== undefined).length,
    setbacks: lines.filter(({ backToStep }) => backToStep !== undefined).length,
  };
}

/** The trouble in words, `3 steps dropped, rolled back once`; null if there was none. */
export function troubleText({ droppedSteps, setbacks }: Trouble): string | null {
  const parts = [
    ...(droppedSteps > 0 ? [`${droppedSteps} ${droppedSteps === 1 ? 'step' : 'steps'} dropped`] : []),
    ...(setbacks > 0 ? [`rolled back ${setbacks === 1 ? 'once' : `${setbacks} times`}`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : null;
}
