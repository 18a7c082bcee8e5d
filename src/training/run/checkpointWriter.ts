// The checkpoints that a training writes, and which of them stay: milestones, that of the last stop, and the last ones.
import type { Schedule } from '../../experiments/schedule.ts';
import type { ImageShape } from '../../numeric/imageShape.ts';
import { exists, flushFile, removeFile } from '../../storage/files.ts';
import { makeFolder } from '../../storage/folders.ts';
import { readJsonLines } from '../../storage/jsonLines.ts';
import type { ParameterLayout } from '../parameterLayout.ts';
import type { TrainingState } from '../trainingState.ts';
import { saveCheckpoint } from './checkpointFile.ts';
import { isAnchor, isMilestone } from './milestones.ts';
import { checkpointPath, listCheckpoints, type RunPaths } from './runFolder.ts';
import { readSummary } from './runSummary.ts';

/** So many checkpoints stay for being the last: where the last is damaged there is one before it. */
const LAST = 3;
/** So many of those that the training may go back to stay. */
const ANCHORS = 2;

/** What checkpoints are written of, and where. */
export interface CheckpointWriterOptions {
  readonly paths: RunPaths;
  readonly layout: ParameterLayout;
  readonly imageShape: ImageShape;
  readonly schedule: Schedule;
}

/** Writes the checkpoints of one training. */
export class CheckpointWriter {
  private readonly options: CheckpointWriterOptions;
  /** Steps whose checkpoints earlier calls meant to stay: validated ones, and where the last of them stopped. */
  private readonly chosen: ReadonlySet<unknown>;
  private lastStep: number;
  private lastTime = performance.now();

  /** @param start the step that the training goes on from; 0 for a new one */
  constructor(options: CheckpointWriterOptions, start: number) {
    const { paths } = options;
    const validated = readJsonLines(paths.metrics).filter((line) => 'validationBitsPerDim' in line);
    this.options = options;
    this.chosen = new Set([...validated.map(({ step }) => step), readSummary(paths).steps]);
    this.lastStep = start;
  }

  /** The seconds since the last checkpoint, or since the start. */
  get age(): number {
    return (performance.now() - this.lastTime) / 1000;
  }

  /**
   * Writes a state, unless that is done, and gives its path; then those that need not stay are removed. The log goes
   * to the disk first: up to a checkpoint it is whole whenever there is one to go on from, also after a power cut.
   */
  save(state: TrainingState): string {
    const { paths, layout, imageShape } = this.options;
    const path = checkpointPath(paths, state.step);
    if (state.step === this.lastStep && exists(path)) {
      return path;
    }
    flushFile(paths.metrics);
    makeFolder(paths.checkpoints);
    saveCheckpoint(path, state, layout, imageShape);
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
        removeFile(path);
      }
    }
  }
}

/**
 * Which of the checkpoints, given by their steps in order, stay: milestones, the last three of all, and the last two
 * that the training may go back to.
 */
export function stayingSteps(written: readonly number[], schedule: Schedule): ReadonlySet<number> {
  const anchors = written.filter((step) => isAnchor(step, schedule));
  const milestones = written.filter((step) => isMilestone(step, schedule));
  return new Set([...milestones, ...written.slice(-LAST), ...anchors.slice(-ANCHORS)]);
}
