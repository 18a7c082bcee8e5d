// The checkpoints that training writes, and which are kept: milestones, that of the last stop, and the
// latest.
import type { Schedule } from '../../experiments/schedule.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { exists } from '../../storage/files.ts';
import type { ParameterLayout } from '../parameterLayout.ts';
import type { TrainingState } from '../trainingState.ts';
import { saveCheckpoint } from './checkpointFile.ts';
import { isAnchor, isMilestone } from './milestones.ts';
import { runFiles } from './runFiles.ts';
import { checkpointPath, listCheckpoints, type RunPaths } from './runFolder.ts';
import { readMetrics } from './runLogs.ts';
import { readSummary } from './runSummary.ts';

/** The number of latest checkpoints kept, so that if the last is corrupt there is an earlier one. */
const LAST = 3;
/** The number of rollback checkpoints kept. */
const ANCHORS = 2;

/** What checkpoints are written from, and where. */
export interface CheckpointWriterOptions {
  readonly paths: RunPaths;
  readonly layout: ParameterLayout;
  readonly imageShape: ImageShape;
  readonly schedule: Schedule;
}

/** Writes the checkpoints of a run. */
export class CheckpointWriter {
  private readonly options: CheckpointWriterOptions;
  /** Steps whose checkpoints earlier calls meant to keep: validated ones, and the last call's final step. */
  private readonly chosen: ReadonlySet<unknown>;
  private lastStep: number;
  private lastTime = performance.now();

  /** @param start the step that training resumes from; 0 for a new run */
  constructor(options: CheckpointWriterOptions, start: number) {
    const { paths } = options;
    const validated = readMetrics(paths).filter((line) => 'validationBitsPerDim' in line);
    this.options = options;
    this.chosen = new Set([...validated.map(({ step }) => step), readSummary(paths).steps]);
    this.lastStep = start;
  }

  /** The seconds since the last checkpoint, or since the start. */
  get age(): number {
    return (performance.now() - this.lastTime) / 1000;
  }

  /**
   * Writes a state, unless already written, and returns its path; then removes checkpoints no longer kept.
   * The log is flushed to disk first, so that it is complete up to any checkpoint that can be resumed, even
   * after a power cut.
   */
  save(state: TrainingState): string {
    const { paths, layout, imageShape } = this.options;
    const path = checkpointPath(paths, state.step);
    if (state.step === this.lastStep && exists(path)) {
      return path;
    }
    const files = runFiles(paths);
    files.flush(paths.metrics);
    files.makeFolder(paths.checkpoints);
    saveCheckpoint(files, path, state, layout, imageShape);
    this.lastStep = state.step;
    this.lastTime = performance.now();
    this.removeOthers();
    return path;
  }

  private removeOthers(): void {
    const { paths, schedule } = this.options;
    const written = listCheckpoints(paths);
    const staying = stayingSteps(
      written.map(({ step }) => step),
      schedule,
    );
    for (const { step, path } of written) {
      if (!staying.has(step) && !this.chosen.has(step)) {
        runFiles(paths).remove(path);
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
