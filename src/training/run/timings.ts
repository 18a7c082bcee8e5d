// How long the steps of a run took, over all the calls that it took to make them.
import { appendJsonLine, readJsonLines } from '../../storage/jsonLines.ts';
import type { RunPaths } from './runFolder.ts';

/** The time of the steps of a run. */
export interface TrainingTime {
  /** Of the steps alone, without start, validation and checkpoints. */
  readonly seconds: number;
  /** Images over these seconds; 0 where there was no step. */
  readonly imagesPerSecond: number;
}

/** Adds a step to the run's `timings.jsonl`. */
export function appendTiming(paths: RunPaths, step: number, seconds: number, images: number): void {
  appendJsonLine(paths.timings, { step, seconds, imagesPerSecond: images / seconds });
}

/** The time of all steps of a run, of earlier calls too. */
export function trainingTime(paths: RunPaths): TrainingTime {
  let seconds = 0;
  let images = 0;
  for (const line of readJsonLines(paths.timings)) {
    seconds += Number(line.seconds);
    images += Number(line.seconds) * Number(line.imagesPerSecond);
  }
  return { seconds, imagesPerSecond: seconds > 0 ? images / seconds : 0 };
}
