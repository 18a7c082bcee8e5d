// A training of a study: its folder, what it has reached, and training it to its end.
import { UserError } from '../../core/errors.ts';
import type { Dataset } from '../../data/contract/index.ts';
import {
  ClosedFolder,
  exists,
  makeFolders,
  parentFolder,
  pathFrom,
  pathIn,
  readText,
} from '../../data/files/index.node.ts';
import { parseJsonObject, stringifyJson } from '../../data/files/index.ts';
import { changedSettings, changesIn, changesText, listSettings } from '../../runs/contents/index.ts';
import { type Trouble, troubleIn } from '../../runs/contents/stored.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import { discardUnstartedRun, readSummary, runPaths } from '../../runs/folder/index.ts';
import { resumeRun, startRun } from '../../runs/open/index.ts';
import type { Config } from '../../runs/settings/index.ts';
import type { TrainingOptions } from '../loop/trainingOptions.ts';
import { type CurvePoint, readLearningCurve } from '../reports/curvePlot.ts';
import { trainRun } from '../reports/trainRun.ts';

/** How the trainings of a study are computed. */
export interface StudyEngine
  extends Pick<
    TrainingOptions,
    'device' | 'deviceIndex' | 'threads' | 'fallback' | 'activations' | 'workers' | 'signal'
  > {}

/** One training: a variant on a dataset with a seed, for its result or to try a learning rate. */
export interface StudyTraining {
  readonly folder: string;
  readonly config: Config;
  readonly steps: number;
  /** Whether it only tries a learning rate. */
  readonly isSearch: boolean;
  /** Its variant, dataset, seed and rate, in messages. */
  readonly name: string;
}

/** Stored next to a training's folder, because a training that diverges at its first step leaves no folder. */
interface TrainingRecord {
  readonly config: Config;
  /** Why it cannot be trained or measured. */
  readonly failure?: string;
  /** bits/dim of each test image, the mean over draws. */
  readonly perImage?: readonly number[];
}

/** What a finished training has reached. */
export interface TrainingOutcome extends Trouble {
  /** On validation images at each milestone, with the average weights. */
  readonly curve: readonly CurvePoint[];
  /** The seconds of each step. */
  readonly stepSeconds: readonly number[];
  /** Where it was computed, on which rounding depends: `cpu, threads 2, workers 1`. */
  readonly place: string;
}

/** The record of a training; undefined if it hasn't begun. */
export function readRecord({ folder }: Pick<StudyTraining, 'folder'>): TrainingRecord | undefined {
  const path = recordPath(folder);
  return exists(path)
    ? (parseJsonObject(readText(path, LARGEST_RECORD), path, '; delete it') as unknown as TrainingRecord)
    : undefined;
}

/** Stores more about a training. */
export function extendRecord(training: StudyTraining, more: Partial<TrainingRecord>): void {
  const record: TrainingRecord = { config: training.config, ...readRecord(training), ...more };
  writeJson(recordPath(training.folder), record);
}

/** Writes a value atomically, with the folders above; refuses a link. */
export function writeJson(path: string, value: unknown, indent?: number): void {
  const folder = parentFolder(path);
  makeFolders(folder);
  new ClosedFolder(folder).write(pathFrom(folder, path), `${stringifyJson(value, indent)}\n`);
}

/** A million test images. */
const LARGEST_RECORD = 2 ** 26;

function recordPath(folder: string): string {
  return `${folder}.json`;
}

/**
 * The result of a training so far; `open` if steps are left.
 *
 * @throws UserError (`mismatch`) if its folder holds a training with other settings
 */
export function trainingState(training: StudyTraining): 'open' | 'trained' | 'failed' {
  const record = readRecord(training);
  if (record === undefined) {
    return 'open';
  }
  const [recorded, current] = [listSettings(record.config), listSettings(training.config)];
  const [key] = changedSettings(recorded, current);
  if (key !== undefined) {
    throw new UserError(
      'mismatch',
      `${training.folder} was trained with other settings (${key} was ${show(recorded[key])} and is ${show(current[key])} in the study): ` +
        'choose another folder for the changed study, or delete this training and its .json file',
    );
  }
  if (record.failure !== undefined) {
    return 'failed';
  }
  const paths = runPaths(training.folder);
  const summary = exists(paths.config) ? readSummary(paths) : {};
  const settings = changesIn(summary).filter(({ setting }) => setting.includes('.'));
  if (settings.length > 0) {
    throw new UserError(
      'mismatch',
      `${training.folder} was resumed with other settings (${changesText(settings)}): delete it and its .json file to train it again`,
    );
  }
  return summary.complete === true && summary.steps === training.steps ? 'trained' : 'open';
}

function show(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}

/**
 * Starts or resumes a training. One that diverges is recorded as failed.
 *
 * @returns whether it has ended; false if the signal ended it
 */
export async function trainToEnd(
  training: StudyTraining,
  dataset: Dataset,
  engine: StudyEngine,
  onStep: (step: number) => void,
): Promise<boolean> {
  const { folder, config } = training;
  extendRecord(training, {});
  const paths = runPaths(folder);
  const hasBegun = exists(paths.config);
  if (!hasBegun && exists(folder)) {
    // A process was killed while it created the folder.
    discardUnstartedRun(paths);
  }
  const run = hasBegun ? await resumeRun(folder) : await startRun(config, folder, { dataset });
  try {
    // Without paths: pictures at every milestone would take longer than many a training.
    const { paths: _, ...inStore } = run;
    const { complete, interrupted } = await trainRun({
      ...engine,
      ...inStore,
      reference: false,
      events: { onStep },
    });
    return complete && !interrupted;
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'diverged')) {
      throw error;
    }
    extendRecord(training, { failure: error.message });
    return true;
  }
}

/** What a finished training has reached, from its logs. */
export async function readOutcome({ folder }: StudyTraining): Promise<TrainingOutcome> {
  const paths = runPaths(folder);
  const store = folderStore(paths);
  const { device, threads, workers } = readSummary(paths);
  const counted = { threads, workers };
  const metrics = [...(await store.readMetrics())];
  return {
    curve: readLearningCurve(metrics).validation,
    stepSeconds: Array.from(await store.readTimings(), ({ seconds }) => Number(seconds)),
    place: [
      device,
      ...Object.entries(counted).flatMap(([name, count]) => (count ? `${name} ${count}` : [])),
    ].join(', '),
    ...troubleIn(metrics),
  };
}

/** The folder of one training of a study. */
export function trainingFolder(
  study: string,
  dataset: string,
  variant: string,
  { seed, rate }: { readonly seed: number; readonly rate?: number | undefined },
): string {
  return rate === undefined
    ? pathIn(study, dataset, `${variant}-seed${seed}`)
    : pathIn(study, dataset, 'search', `${variant}-rate${rate}-seed${seed}`);
}
