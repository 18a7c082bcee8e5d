// The checkpoints that a training writes: those of milestones stay, any other makes room for the next one.
import { existsSync, rmSync } from 'node:fs';
import type { ImageShape } from '../numeric/imageShape.ts';
import { saveCheckpoint } from './checkpoint.ts';
import { explainFileError } from './files.ts';
import type { ParameterLayout } from './parameterLayout.ts';
import { checkpointPath, type RunPaths } from './runFolder.ts';
import type { TrainingState } from './trainer.ts';

/** What checkpoints are written of, and where. */
export interface CheckpointWriterOptions {
  readonly paths: RunPaths;
  readonly layout: ParameterLayout;
  readonly imageShape: ImageShape;
  /** Whether the checkpoint of a step stays when later ones are written. */
  stays(step: number): boolean;
}

/** Writes the checkpoints of one training. */
export class CheckpointWriter {
  private readonly options: CheckpointWriterOptions;
  private lastStep: number;
  private lastTime = performance.now();

  /** @param start the step that the training goes on from; 0 for a new one */
  constructor(options: CheckpointWriterOptions, start: number) {
    this.options = options;
    this.lastStep = start;
  }

  /** The seconds since the last checkpoint, or since the start. */
  get age(): number {
    return (performance.now() - this.lastTime) / 1000;
  }

  /** Writes a state, unless that is done, and gives its path; then the one before goes, unless it stays. */
  save(state: TrainingState): string {
    const { paths, layout, imageShape, stays } = this.options;
    const path = checkpointPath(paths, state.step);
    if (state.step === this.lastStep && existsSync(path)) {
      return path;
    }
    saveCheckpoint(path, state, layout, imageShape);
    if (this.lastStep !== state.step && !stays(this.lastStep)) {
      remove(checkpointPath(paths, this.lastStep));
    }
    this.lastStep = state.step;
    this.lastTime = performance.now();
    return path;
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw explainFileError(error, path, 'remove');
  }
}
