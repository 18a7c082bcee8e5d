// What `emerging train` records of a run besides its measurements.
import { availableParallelism } from 'node:os';
import type { DatasetIdentity } from '../../data/identity.ts';
import type { CompileOptions } from '../../engine/program.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { countParameters } from '../../models/glow.ts';
import { readTextFile } from '../../storage/files.ts';
import type { JsonObject } from '../../storage/jsonLines.ts';
import { readDataRecord } from '../../training/run/dataRecord.ts';
import { checkpointPath } from '../../training/run/runFolder.ts';
import { readMetrics, trainingTime, troubleIn } from '../../training/run/runLogs.ts';
import { readSummary, writeSummary } from '../../training/run/runSummary.ts';
import { changesIn, type Settings, settingsOf, withChanges } from '../../training/run/settingChanges.ts';
import type { PreparedRun } from './preparedRun.ts';

/** The summary of a run that is left unchanged; values that a crash prevented from being recorded are null. */
export function reachedBefore(run: PreparedRun): JsonObject {
  const { step } = run.state!;
  const summary = readSummary(run.paths);
  return summary.steps === step
    ? summary
    : {
        ...summary,
        ...aboutRun(run, step),
        complete: false,
        bitsPerDim: null,
        ...trainingTime(run.paths),
        checkpoint: checkpointPath(run.paths, step),
        samples: null,
      };
}

/**
 * Records, before the first step, what only the command knows and what a resume changes: after a kill it
 * would be too late. The run is marked incomplete in any case. Its folder still has the previous
 * configuration.
 */
export function recordStart({ paths, preset, config, state, otherImages }: PreparedRun, place: Place): void {
  const earlier = readSummary(paths);
  const recorded = withChanges(changesIn(earlier), {
    step: state?.step ?? 0,
    before: {
      ...settingsOf(resolveConfig({ file: readTextFile(paths.config) })),
      ...placeBefore(earlier, place),
      ...(otherImages && imagesOf(readDataRecord(paths))),
    },
    after: { ...settingsOf(config), ...place, ...imagesOf(otherImages) },
  });
  const changes = recorded.length > 0 ? recorded : undefined;
  writeSummary(paths, { ...earlier, run: paths.directory, preset, complete: false, ...place, changes });
}

/** The first entries of a summary. */
export function aboutRun({ config, dataset, paths, preset }: PreparedRun, steps: number): JsonObject {
  const parameters = countParameters(config.model, dataset.imageShape);
  const trouble = troubleIn(readMetrics(paths));
  const { changes } = readSummary(paths);
  return { run: paths.directory, preset, steps, ...trouble, parameters, changes };
}

/** What the resulting bytes depend on besides the configuration. */
export interface Place {
  readonly device: string;
  readonly threads: number;
  readonly workers: number;
}

/** Where programs compiled with these options run, and the number of workers. */
export function placeOf(
  { device = 'cpu', threads = availableParallelism() }: CompileOptions,
  workers: number,
): Place {
  return { device, threads, workers };
}

/** The note for a run that resumes on another device or with other threads; undefined if neither changed. */
export function movedText({ paths, state }: PreparedRun, now: Place): string | undefined {
  const { device, threads, workers = 1 } = readSummary(paths);
  if (state === undefined || device === undefined) {
    return undefined;
  }
  const [earlier, later] = [showPlace({ device, threads, workers }), showPlace(now)];
  return earlier === later
    ? undefined
    : `trained on ${earlier} before, now on ${later}: the last digits will differ from those of an uninterrupted run`;
}

/** The training images as a setting: the start of their checksum. */
function imagesOf(identity: DatasetIdentity | undefined): Settings {
  return identity === undefined ? {} : { images: identity.train.sha256.slice(0, 12) };
}

/** Where a run was trained before; values missing from its summary are assumed unchanged. */
function placeBefore({ device, threads, workers }: JsonObject, now: Place): Settings {
  return {
    device: device ?? now.device,
    threads: threads ?? now.threads,
    workers: workers ?? now.workers,
  };
}

function showPlace({ device, threads, workers }: Record<keyof Place, unknown>): string {
  const place = `${device} with ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return workers === 1 ? place : `${place} and ${workers} workers`;
}
