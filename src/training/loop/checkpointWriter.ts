// Writes checkpoints and deletes old ones. Milestones, the last stop and the latest checkpoint are kept.

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
export class CheckpointWriter {
  private readonly options: CheckpointWriterOptions;
  /** Steps whose checkpoints earlier calls meant to keep: validated ones, and the last call's final step. */
  private readonly chosen: ReadonlySet<unknown>;
  private lastStep: number;
  private lastTime = performance.now();

  private constructor(options: CheckpointWriterOptions, start: number, chosen: ReadonlySet<unknown>) {
    this.options = options;
    this.chosen = chosen;
    this.lastStep = start;
  }

  /** @param start the step that training resumes from; 0 for a new run */
  static async open(options: CheckpointWriterOptions, start: number): Promise<CheckpointWriter> {
    const { store } = options;
    const { steps } = await store.readSummary();
    const chosen = new Set([steps]);
    const written = new Set<unknown>(await store.checkpointSteps());
    for (const line of await store.readMetrics()) {
      const { step } = line;
      if (bitsIn(line, 'validationBitsPerDim') !== undefined && written.has(step)) {
        chosen.add(step);
      }
    }
    return new CheckpointWriter(options, start, chosen);
  }

  /** The seconds since the last checkpoint, or since the start. */
  get age(): number {
    return (performance.now() - this.lastTime) / 1000;
  }

  /** Writes a state, unless already written, and returns its path; then removes checkpoints no longer kept. */
  async save(state: TrainingState): Promise<string> {
    const { store, layout, model } = this.options;
    const { step } = state;
    const path = store.checkpointPath(step);
    if (step === this.lastStep && (await store.checkpointSteps()).includes(step)) {
      return path;
    }
    await store.saveCheckpoint(step, checkpointContents(state, layout, model));
    this.lastStep = step;
    this.lastTime = performance.now();
    await this.removeOthers();
    return path;
  }

  private async removeOthers(): Promise<void> {
    const { store, schedule } = this.options;
    const written = await store.checkpointSteps();
    const staying = stayingSteps(written, schedule);
    for (const step of written) {
      if (!staying.has(step) && !this.chosen.has(step)) {
        await store.removeCheckpoint(step);
      }
    }
  }
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
