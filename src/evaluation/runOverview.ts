// What a run has reached, out of the files in its folder, without loading its weights.
import { statSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { mean } from '../numeric/statistics.ts';
import { runPaths } from '../training/runFolder.ts';
import { readSummary } from '../training/runSummary.ts';
import { trainingTime } from '../training/timings.ts';
import { readLearningCurve } from './learningCurve.ts';

/** A run in a list; what it does not have yet is null. */
export interface RunOverview {
  /** The run folder. */
  readonly run: string;
  readonly preset: string | null;
  /** Updates so far. */
  readonly step: number;
  /** Whether all steps of its schedule are done and measured. */
  readonly complete: boolean;
  /** bits/dim of the last batches, 50 at most, with the weights of their steps. */
  readonly train: number | null;
  /** bits/dim of the validation images at the last milestone, with the average weights. */
  readonly validation: number | null;
  /** bits/dim of the test images at the last evaluation of them with the average weights. */
  readonly test: number | null;
  readonly imagesPerSecond: number | null;
  /** When something was last measured of it, in ISO 8601. */
  readonly when: string | null;
  /** What is wrong with its files; null where nothing is. */
  readonly problem: string | null;
}

/** The last batches whose mean stands for the training. */
const RECENT = 50;

/** What the run in a folder has reached. A file that is damaged is told as its problem. */
export function runOverview(directory: string): RunOverview {
  const paths = runPaths(directory);
  const unknown: RunOverview = {
    run: directory,
    preset: null,
    step: 0,
    complete: false,
    train: null,
    validation: null,
    test: null,
    imagesPerSecond: null,
    when: lastChange([paths.config, paths.metrics, paths.summary]),
    problem: null,
  };
  try {
    const { training, validation } = readLearningCurve(paths);
    const { preset, complete, evaluations } = readSummary(paths);
    const { imagesPerSecond } = trainingTime(paths);
    const recent = training.slice(-RECENT).map(({ bitsPerDim }) => bitsPerDim);
    return {
      ...unknown,
      preset: typeof preset === 'string' ? preset : null,
      step: training.at(-1)?.step ?? 0,
      complete: complete === true,
      train: recent.length > 0 ? mean(recent) : null,
      validation: validation.at(-1)?.bitsPerDim ?? null,
      test: lastTest(evaluations),
      imagesPerSecond: imagesPerSecond > 0 ? imagesPerSecond : null,
    };
  } catch (error) {
    if (error instanceof UserError) {
      return { ...unknown, problem: error.message };
    }
    throw error;
  }
}

function lastTest(evaluations: unknown): number | null {
  const list: Record<string, unknown>[] = Array.isArray(evaluations) ? evaluations : [];
  const last = list.findLast(({ split, weights }) => split === 'test' && weights === 'average');
  return typeof last?.bitsPerDim === 'number' ? last.bitsPerDim : null;
}

function lastChange(files: readonly string[]): string | null {
  const times = files.flatMap((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? []);
  return times.length > 0 ? new Date(Math.max(...times)).toISOString() : null;
}
