// What `emerging train` records of a run besides what it measured.
import { availableParallelism } from 'node:os';
import type { CompileOptions } from '../../engine/program.ts';
import { resolveConfig } from '../../experiments/resolve.ts';
import { countParameters } from '../../models/glow.ts';
import { readTextFile } from '../../storage/files.ts';
import { type JsonObject, readJsonLines } from '../../storage/jsonLines.ts';
import { checkpointPath } from '../../training/run/runFolder.ts';
import { trainingTime, troubleIn } from '../../training/run/runLogs.ts';
import { readSummary, writeSummary } from '../../training/run/runSummary.ts';
import { changesIn, type Settings, settingsOf, withChanges } from '../../training/run/settingChanges.ts';
import type { PreparedRun } from './preparedRun.ts';

/** The summary of a run that is left as it is; what a crash kept from being recorded is null. */
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
 * Puts on record, before the first step, what only the command knows, and what a resume changes: a kill leaves no other
 * chance. The run is not complete from now on, whatever it was. Its folder still has the configuration of before.
 */
export function recordStart({ paths, preset, config, state }: PreparedRun, place: Place): void {
  const earlier = readSummary(paths);
  const recorded = withChanges(changesIn(earlier), {
    step: state?.step ?? 0,
    before: {
      ...settingsOf(resolveConfig({ file: readTextFile(paths.config) })),
      ...placeBefore(earlier, place),
    },
    after: { ...settingsOf(config), ...place },
  });
  const changes = recorded.length > 0 ? recorded : undefined;
  writeSummary(paths, { ...earlier, run: paths.directory, preset, complete: false, ...place, changes });
}

/** What a summary begins with. */
export function aboutRun({ config, dataset, paths, preset }: PreparedRun, steps: number): JsonObject {
  const parameters = countParameters(config.model, dataset.imageShape);
  const trouble = troubleIn(readJsonLines(paths.metrics));
  const { changes } = readSummary(paths);
  return { run: paths.directory, preset, steps, ...trouble, parameters, changes };
}

/** What bytes depend on besides the configuration. */
export interface Place {
  readonly device: string;
  readonly threads: number;
  readonly workers: number;
}

/** Where programs that are compiled with these options run, trained by so many workers. */
export function placeOf(
  { device = 'cpu', threads = availableParallelism() }: CompileOptions,
  workers: number,
): Place {
  return { device, threads, workers };
}

/** What to say where a run goes on at another place than before; undefined where it does not. */
export function movedText({ paths, state }: PreparedRun, now: Place): string | undefined {
  const { device, threads, workers = 1 } = readSummary(paths);
  if (state === undefined || device === undefined) {
    return undefined;
  }
  const [earlier, later] = [showPlace({ device, threads, workers }), showPlace(now)];
  return earlier === later
    ? undefined
    : `trained on ${earlier} before, now on ${later}: its last digits will not be those of a run in one go`;
}

/** Where a run was trained before; what its summary does not say is taken to be as it is now. */
function placeBefore({ device, threads, workers }: JsonObject, now: Place): Settings {
  return {
    device: device ?? now.device,
    threads: threads ?? now.threads,
    workers: workers ?? now.workers,
  };
}

function showPlace({ device, threads, workers }: Record<keyof Place, unknown>): string {
  const place = `${device} with ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return workers === 1 ? place : `${place}, ${workers} of them workers`;
}
