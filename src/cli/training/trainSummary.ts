// The summary of a run that was trained before, and the note if it resumes on another device.

import { isHost } from '../../engine/devices/device.ts';
import { unitOf } from '../../models/unit.ts';
import { timeOf } from '../../runs/contents/logLines.ts';
import type { JsonObject } from '../../storage/jsonText.ts';
import { aboutRun, type Place } from '../../training/loop/recordTraining.ts';
import type { PreparedRun } from './preparedRun.ts';

/** The summary of a run that is left unchanged; values that a crash prevented from being recorded are null. */
export async function reachedBefore(run: PreparedRun): Promise<JsonObject> {
  const { step } = run.state!;
  const summary = await run.store.readSummary();
  return summary.steps === step
    ? summary
    : {
        ...summary,
        ...(await aboutRun(run, step)),
        complete: false,
        [unitOf(run.config.model).key('bitsPerDim')]: null,
        ...timeOf(await run.store.readTimings()),
        checkpoint: run.store.checkpointPath(step),
        samples: null,
      };
}

/** The note for a run that resumes on another device or with other threads; undefined if neither changed. */
export function movedText(
  { device, threads, workers = 1, ranks = 1 }: JsonObject,
  now: Place,
): string | undefined {
  if (device === undefined) {
    return undefined;
  }
  const [earlier, later] = [showPlace({ device, threads, workers, ranks }), showPlace(now)];
  return earlier === later
    ? undefined
    : `trained on ${earlier} before, now on ${later}: results will differ from an uninterrupted run`;
}

function showPlace({ device, threads, workers, ranks }: Record<keyof Place, unknown>): string {
  const threaded = isHost(device)
    ? `${device} with ${threads} ${threads === 1 ? 'thread' : 'threads'}`
    : `${device}`;
  const place = workers === 1 ? threaded : `${threaded} and ${workers} workers`;
  return ranks === 1 ? place : `${place} on each of ${ranks} ranks`;
}
