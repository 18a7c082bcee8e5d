// The lines of a run's logs: what each must have, and their totals: the time of all steps, how often the guard acted.
import type { JsonObject, LineCheck } from '../../data/files/index.ts';
import { problemOfStatistics } from './stepStatistics.ts';

/** What is wrong with a line of `metrics.jsonl`, if anything. */
export const checkMetrics: LineCheck = (line) => validated(line) ?? problemOfStatistics(line);

const validated = numbersNamed(['step'], ['validationBitsPerDim', 'validationNatsPerValue']);

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

/** The line of a step in `timings.jsonl`. */
export function timingLine(step: number, seconds: number, images: number): JsonObject {
  return { step, seconds, imagesPerSecond: images / seconds };
}

/** The total time of a run's steps. */
interface TrainingTime {
  /** Only the steps, without startup, validation and checkpoints. */
  readonly seconds: number;
  /** Images per second over this time; 0 without steps. */
  readonly imagesPerSecond: number;
}

/** The time of all steps in the lines of `timings.jsonl`. */
export function sumTimes(lines: Iterable<JsonObject>): TrainingTime {
  let seconds = 0;
  let images = 0;
  for (const line of lines) {
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
  readonly rollbacks: number;
}

/** Counts the trouble in the lines of `metrics.jsonl`. */
export function troubleIn(lines: Iterable<JsonObject>): Trouble {
  let [droppedSteps, rollbacks] = [0, 0];
  for (const { dropped, backToStep } of lines) {
    droppedSteps += dropped === undefined ? 0 : 1;
    rollbacks += backToStep === undefined ? 0 : 1;
  }
  return { droppedSteps, rollbacks };
}

/** The trouble in words, `3 steps dropped, rolled back once`; null if there was none. */
export function troubleText({ droppedSteps, rollbacks }: Trouble): string | null {
  const parts = [
    ...(droppedSteps > 0 ? [`${droppedSteps} ${droppedSteps === 1 ? 'step' : 'steps'} dropped`] : []),
    ...(rollbacks > 0 ? [`rolled back ${rollbacks === 1 ? 'once' : `${rollbacks} times`}`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : null;
}
