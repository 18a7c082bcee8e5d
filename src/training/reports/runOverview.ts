// The progress and results of a run, read from the files in its folder without loading its weights.

import { problemText, UserError } from '../../core/errors.ts';
import { LAST_MIB, lastWritten, readLastJsonLines, readTextFile } from '../../data/files/index.node.ts';
import type { JsonObject } from '../../data/files/index.ts';
import {
  bitsIn,
  type DequantisationName,
  dequantisationName,
  type ResultUnit,
  resultUnit,
} from '../../flows/models/index.ts';
import { changesIn, listSettings, type SettingChange, type Settings } from '../../runs/contents/index.ts';
import {
  checkMetrics,
  checkTimings,
  evaluationsIn,
  sumTimes,
  type Trouble,
  troubleIn,
} from '../../runs/contents/stored.ts';
import { type RunPaths, readSummary, runPaths } from '../../runs/folder/index.ts';
import type { Config } from '../../runs/settings/index.ts';
import { resolveConfig } from '../../runs/settings/yaml.ts';
import {
  type CurvePoint,
  finiteMean,
  RECENT,
  recentCount,
  trainingPoint,
  validationPoint,
} from './curvePlot.ts';

/** A run in a list. */
export interface RunOverview extends RunProgress {
  /** The run folder. */
  readonly run: string;
  /** Its configuration; empty if it can't be read. */
  readonly settings: Settings;
  /** The settings that resumes changed, and after which step. */
  readonly changes: readonly SettingChange[];
  /** The model from whose weights it started; null if they were random. */
  readonly from: string | null;
}

/** The bytes read from the end of an idle run's metrics, for its last batches and validation. */
const END_BYTES = 2 ** 14;

/**
 * The progress and results of the run in a folder. A corrupt file is reported as its `problem`. Only the end is read of
 * long logs, and of a run whose summary counts all its steps: lists may have thousands of runs, and are refreshed often.
 */
export function runOverview(directory: string, configIn: ConfigReader = configReader()): RunOverview {
  const paths = runPaths(directory);
  const unknown: RunOverview = {
    ...unknownProgress,
    run: directory,
    settings: {},
    changes: [],
    from: null,
    when: lastChange([paths.config, paths.metrics, paths.summary]),
  };
  try {
    const summary = readSummary(paths);
    const { preset, complete, from } = summary;
    const { recent, validation, imagesPerSecond, onlyLastMiB, ...trouble } =
      endOfLogs(paths, summary) ?? wholeLogs(paths);
    const config = configIn(paths.config);
    return {
      ...unknown,
      preset: typeof preset === 'string' ? preset : null,
      from: typeof from === 'string' ? from : null,
      data: config.data.name,
      settings: listSettings(config),
      changes: changesIn(summary),
      bound: dequantisationName(config.model),
      unit: resultUnit(config.model).name,
      step: recent.at(-1)?.step ?? 0,
      complete: complete === true,
      train: finiteOrNull(finiteMean(recent.slice(-recentCount(recent.at(-1)?.step ?? 0)))),
      validation: finiteOrNull(validation?.bitsPerDim),
      test: lastTest(summary),
      imagesPerSecond: imagesPerSecond > 0 ? imagesPerSecond : null,
      ...trouble,
      onlyLastMiB,
    };
  } catch (error) {
    return { ...unknown, problem: problemText(error) };
  }
}

/** Reads the configuration at a path; throws UserError if it can't. */
export type ConfigReader = (path: string) => Config;

/** Reads configurations, and resolves those that differ in no more than their seed only once: that takes longest. */
export function configReader(): ConfigReader {
  const configs = new Map<string, Config>();
  return (path) => {
    const file = readTextFile(path);
    const [line, seed] = /^seed: (\d{1,9})$/m.exec(file.text) ?? [];
    if (line === undefined) {
      return resolveConfig({ file });
    }
    const key = file.text.replace(line, 'seed:');
    const config = configs.get(key) ?? resolveConfig({ file });
    configs.set(key, config);
    return { ...config, seed: Number(seed) };
  };
}

/** Progress and problems from a run's logs. */
interface Logged extends Trouble {
  readonly recent: readonly CurvePoint[];
  readonly validation: CurvePoint | undefined;
  readonly imagesPerSecond: number;
  readonly onlyLastMiB: number | null;
}

/** A run's overview from its summary and the last lines of its metrics; undefined if these don't suffice. */
function endOfLogs(paths: RunPaths, summary: JsonObject): Logged | undefined {
  const { steps, droppedSteps, rollbacks, imagesPerSecond } = summary;
  if (![steps, droppedSteps, rollbacks, imagesPerSecond].every((value) => typeof value === 'number')) {
    return undefined;
  }
  const { lines, isCut } = readLastJsonLines(paths.metrics, checkMetrics, END_BYTES);
  const { recent, validation } = readLastPoints(lines);
  const isEnough = !isCut || (recent.length === RECENT && validation !== undefined);
  return recent.at(-1)?.step === steps && isEnough
    ? {
        recent,
        validation,
        imagesPerSecond: Number(imagesPerSecond),
        droppedSteps: Number(droppedSteps),
        rollbacks: Number(rollbacks),
        onlyLastMiB: null,
      }
    : undefined;
}

/** Progress and problems from the end of the logs, up to a limit. */
function wholeLogs({ metrics: metricsPath, timings: timingsPath }: RunPaths): Logged {
  const metrics = readLastJsonLines(metricsPath, checkMetrics);
  const timings = readLastJsonLines(timingsPath, checkTimings);
  return {
    ...readLastPoints(metrics.lines),
    imagesPerSecond: sumTimes(timings.lines).imagesPerSecond,
    onlyLastMiB: metrics.isCut || timings.isCut ? LAST_MIB : null,
  };
}

/** The last measurements in the lines of `metrics.jsonl`, and how often the guard acted. */
function readLastPoints(
  lines: Iterable<JsonObject>,
): Trouble & { recent: readonly CurvePoint[]; validation: CurvePoint | undefined } {
  const recent: CurvePoint[] = [];
  let validation: CurvePoint | undefined;
  const trouble = troubleIn(
    (function* () {
      for (const line of lines) {
        const point = trainingPoint(line);
        if (point !== undefined) {
          recent.push(point);
          recent.splice(0, recent.length - RECENT);
        }
        validation = validationPoint(line) ?? validation;
        yield line;
      }
    })(),
  );
  return { recent, validation, ...trouble };
}

function finiteOrNull(value = Number.NaN): number | null {
  return Number.isFinite(value) ? value : null;
}

function lastTest(summary: JsonObject): number | null {
  const stepNumber = ({ step }: JsonObject): number => (typeof step === 'number' ? step : -1);
  const last = evaluationsIn(summary)
    .filter(({ split, weights }) => split === 'test' && weights === 'average')
    .reduce<JsonObject | undefined>(
      (latest, evaluation) =>
        latest === undefined || stepNumber(evaluation) >= stepNumber(latest) ? evaluation : latest,
      undefined,
    );
  const bits = last && bitsIn(last, 'bitsPerDim');
  return typeof bits === 'number' ? bits : null;
}

function lastChange(files: readonly string[]): string | null {
  const writeTimes = files.flatMap((file) => {
    try {
      return lastWritten(file) ?? [];
    } catch (error) {
      // The error is reported by the code that uses it.
      if (error instanceof UserError) {
        return [];
      }
      throw error;
    }
  });
  return writeTimes.length > 0 ? new Date(Math.max(...writeTimes)).toISOString() : null;
}

/** How far a run is; values that it does not have yet are null. */
export interface RunProgress extends Trouble {
  readonly preset: string | null;
  /** The dataset, as its configuration names it. */
  readonly data: string | null;
  /** Which bound its bits/dim are, named after the dequantisation noise. */
  readonly bound: DequantisationName | null;
  /** The unit for display; the results below are in bits per value. */
  readonly unit: ResultUnit['name'] | null;
  /** Steps so far. */
  readonly step: number;
  /** Whether all steps of its schedule are done and measured. */
  readonly complete: boolean;
  /** bits/dim of the last tenth of the batches, 50 at most, with the weights of their steps; null if none is finite. */
  readonly train: number | null;
  /** bits/dim of the validation images at the last milestone, with the average weights. */
  readonly validation: number | null;
  /** bits/dim of the test images with the average weights, at the latest step that was evaluated on them. */
  readonly test: number | null;
  readonly imagesPerSecond: number | null;
  /** If a log is long: of how many MiB at the end of each log the counts and speeds are. Null if of all of it. */
  readonly onlyLastMiB: number | null;
  /** When its files last changed, in ISO 8601. */
  readonly when: string | null;
  /** What is wrong with its files; null if nothing is. */
  readonly problem: string | null;
}

/** A run without any known facts yet. */
export const unknownProgress: RunProgress = {
  preset: null,
  data: null,
  bound: null,
  unit: null,
  step: 0,
  complete: false,
  train: null,
  validation: null,
  test: null,
  imagesPerSecond: null,
  droppedSteps: 0,
  rollbacks: 0,
  onlyLastMiB: null,
  when: null,
  problem: null,
};
