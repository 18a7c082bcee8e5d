// The trouble that a run has had, counted in its metrics.
import type { JsonObject } from '../../storage/jsonLines.ts';

/** How often the guard of a training had to act. */
export interface Trouble {
  /** Steps that were dropped: their batches changed nothing. */
  readonly droppedSteps: number;
  /** How often the training went back to earlier weights. */
  readonly setbacks: number;
}

/** Counts the trouble in the lines of `metrics.jsonl`. */
export function troubleIn(lines: readonly JsonObject[]): Trouble {
  return {
    droppedSteps: lines.filter(({ dropped }) => dropped !== undefined).length,
    setbacks: lines.filter(({ backToStep }) => backToStep !== undefined).length,
  };
}

/** The trouble in words, `3 steps dropped, back to earlier weights once`; null where there was none. */
export function troubleText({ droppedSteps, setbacks }: Trouble): string | null {
  const parts = [
    ...(droppedSteps > 0 ? [`${droppedSteps} ${droppedSteps === 1 ? 'step' : 'steps'} dropped`] : []),
    ...(setbacks > 0 ? [`back to earlier weights ${setbacks === 1 ? 'once' : `${setbacks} times`}`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : null;
}
