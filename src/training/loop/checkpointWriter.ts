// Writes checkpoints and deletes old ones. Milestones, the last stop, the latest checkpoints and rollback points are kept.

import { bitsIn, type Glow, type ParameterLayout } from '../../flows/models/index.ts';
import type { TrainingState } from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import { checkpointContents } from '../../runs/contents/stored.ts';
import type { Schedule } from '../../runs/settings/index.ts';
import { isAnchor, isMilestone } from './milestones.ts';

/** The number of latest checkpoints kept, so that if the last is corrupt there is an earlier one. */
const LAST = 3;
/** The number of rollback checkpoints kept. */
const ANCHORS = 2;

/** What checkpoints are written from, and where. */
export interface CheckpointWriterOptions {
  readonly store: RunStore;
  readonly layout: ParameterLayout;
  readonly model: Glow;
  readonly schedule: Schedule;
}

/** Writes the checkpoints of a run. */
export interface CheckpointWriter {
  /** The seconds since the last checkpoint, or since the start. */
  readonly age: number;
  /** Writes a state, unless already written, and returns its path; then removes checkpoints no longer kept. */
  save(state: TrainingState): Promise<string>;
}

/** @param start the step that training resumes from; 0 for a new run */
export async function openCheckpoints(
  { store, layout, model, schedule }: CheckpointWriterOptions,
  start: number,
): Promise<CheckpointWriter> {
  const { steps } = await store.readSummary();
  const existing = new Set<unknown>(await store.checkpointSteps());
  // Those that earlier calls meant to keep: of validated steps, and of the last call's final step.
  const chosen = new Set([steps]);
  for (const line of await store.readMetrics()) {
    if (bitsIn(line, 'validationBitsPerDim') !== undefined && existing.has(line.step)) {
      chosen.add(line.step);
    }
  }
  let [lastStep, lastTime] = [start, performance.now()];
  return {
    get age() {
      return (performance.now() - lastTime) / 1000;
    },
    async save(state) {
      const { step } = state;
      const path = store.checkpointPath(step);
      if (step === lastStep && (await store.checkpointSteps()).includes(step)) {
        return path;
      }
      await store.saveCheckpoint(step, checkpointContents(state, layout, model));
      [lastStep, lastTime] = [step, performance.now()];
      const written = await store.checkpointSteps();
      const staying = stayingSteps(written, schedule);
      for (const other of written) {
        if (!staying.has(other) && !chosen.has(other)) {
          await store.removeCheckpoint(other);
        }
      }
      return path;
    },
  };
}

/**
 * Which checkpoints to keep, given their steps in order: milestones, the last three of all, and the last two
 * that training may roll back to.
 */
export function stayingSteps(written: readonly number[], schedule: Schedule): ReadonlySet<number> {
  const anchors = written.filter((step) => isAnchor(step, schedule));
  const milestones = written.filter((step) => isMilestone(step, schedule));
  return new Set([...milestones, ...written.slice(-LAST), ...anchors.slice(-ANCHORS)]);
}
