// Records training in the summary of a run, before the first step and after the last; and which images it was on.

import { UserError } from '../../core/errors.ts';
import { defaultThreads } from '../../core/platform/index.ts';
import type { JsonObject } from '../../data/files/index.ts';
import type { DatasetIdentity } from '../../data/index.ts';
import { countParameters, resultUnit } from '../../flows/models/index.ts';
import {
  changesIn,
  listSettings,
  type Settings,
  type TrainingStart,
  withChanges,
} from '../../runs/contents/index.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';
import { troubleIn } from '../../runs/contents/stored.ts';
import { resolveConfig } from '../../runs/settings/yaml.ts';
import {
  type CompileOptions,
  defaultDevice,
  deviceRecord,
  isHost,
  showDevice,
} from '../../tensor/engine/index.ts';
import type { Action } from '../gradients/actionLoss.ts';
import { forgetRanges } from '../step/guard.ts';
import type { TrainingOptions, TrainingResult } from './trainingOptions.ts';

/** The training images in the lists of changed settings. */
const IMAGES_SETTING = 'images';

/** The run that is recorded. */
type RecordedRun = Pick<
  TrainingOptions,
  'config' | 'dataset' | 'store' | 'preset' | 'state' | 'otherImages'
> & { readonly action?: Action | undefined };

/** The settings that change the resulting bytes, in addition to the configuration. */
export interface Place {
  /** As `parseDevice` reads it. */
  readonly device: string;
  /** The threads that share its operations; undefined on a device, which schedules its own work. */
  readonly threads: number | undefined;
  readonly workers: number;
  /** The number of processes that train together, each with these threads and workers. */
  readonly ranks: number;
}

/** Where programs compiled with these options run, and the numbers of workers and ranks. */
export function describePlace(
  { device = defaultDevice, deviceIndex = 0, threads }: CompileOptions,
  workers: number,
  ranks: number,
): Place {
  const shared = threads ?? Math.max(workers, defaultThreads());
  return {
    device: showDevice({ device, deviceIndex }),
    threads: isHost(device) ? (deviceRecord(device).singleThreaded ? workers : shared) : undefined,
    workers,
    ranks,
  };
}

/**
 * Records, before the first step, what a resume changes. The run is marked incomplete in any case. Its store still has
 * the previous configuration.
 *
 * @throws UserError (`mismatch`) if it was trained to an action and is now trained on images, or the other way round
 */
export async function recordStart(run: RecordedRun, hardware: Place): Promise<void> {
  const { store, preset = null, config, state, otherImages } = run;
  const earlier = await store.readSummary();
  if (state && (earlier.action === true) !== (run.action !== undefined)) {
    throw new UserError(
      'mismatch',
      earlier.action === true
        ? `${store.name} was trained to an action: resume it with trainToAction and the same action`
        : `${store.name} was trained on images: resume it with train, or train to the action in another place`,
    );
  }
  // Also without other images: a call that was killed may have recorded those before its first step.
  const knownImages = await store.readImages();
  const recorded = withChanges(changesIn(earlier), {
    step: state?.step ?? 0,
    before: {
      ...listSettings(resolveConfig({ file: await store.readConfig() })),
      ...placeBefore(earlier, hardware),
      ...imagesSetting(knownImages),
    },
    after: { ...listSettings(config), ...hardware, ...imagesSetting(otherImages ?? knownImages) },
  });
  const changes = recorded.length > 0 ? recorded : undefined;
  await store.writeSummary({
    ...earlier,
    run: store.name,
    preset,
    ...describeAction(run),
    complete: false,
    ...hardware,
    changes,
    // The time budget, if there was one, has chosen the number of steps.
    minutes: undefined,
  });
}

/**
 * Records, after the last step, what was reached.
 *
 * @param completes whether a run that has done all its steps is complete
 */
export async function recordResult(
  run: RecordedRun,
  { state, complete, interrupted, ...reached }: TrainingResult,
  hardware: Place,
  completes: boolean,
): Promise<void> {
  const { validationBitsPerDim: bits } = reached;
  const unit = resultUnit(run.config.model);
  await run.store.writeSummary({
    ...(await aboutRun(run, state.step)),
    complete: complete && !interrupted && completes,
    [unit.key('bitsPerDim')]: bits === null ? null : unit.of(bits),
    imagesPerSecond: reached.imagesPerSecond,
    seconds: reached.seconds,
    checkpoint: reached.checkpoint,
    ...hardware,
    samples: null,
  });
}

/** The first entries of a summary. */
export async function aboutRun(run: RecordedRun, steps: number): Promise<JsonObject> {
  const { config, dataset, store, preset = null } = run;
  const parameters = countParameters(dataset.imageShape, config.model);
  const trouble = troubleIn(await store.readMetrics());
  const { changes, from } = await store.readSummary();
  return { run: store.name, preset, ...describeAction(run), from, steps, ...trouble, parameters, changes };
}

function describeAction({ action }: RecordedRun): JsonObject {
  return action === undefined ? {} : { action: true };
}

/** The training images as a setting: the starts of the checksums of their pixels, labels and conditions. */
function imagesSetting(identity: DatasetIdentity | undefined): Settings {
  if (identity === undefined) {
    return {};
  }
  const { sha256, labels = [], conditions = {} } = identity.train;
  const names = Object.keys(conditions).sort();
  const checksums = [sha256, labels, names.map((name) => conditions[name]!)].flat(2);
  return { [IMAGES_SETTING]: checksums.map((checksum) => checksum.slice(0, 12)).join(' ') };
}

/** The last step before a resume changed the images of a run; undefined if none has. */
export async function lastChangeOfImages(store: RunStore): Promise<number | undefined> {
  const changes = changesIn(await store.readSummary());
  return changes.filter(({ setting }) => setting === IMAGES_SETTING).at(-1)?.step;
}

/** A state whose guard knows no other images than the run's, which were changed after step `changed`. */
export function guardedOnImages<State extends TrainingStart>(
  state: State,
  changed: number | undefined,
): State {
  return changed !== undefined && state.step <= changed
    ? { ...state, guard: forgetRanges(state.guard) }
    : state;
}

/** Where a run was trained before; assumed unchanged if its summary was lost. */
function placeBefore({ device, threads, workers, ranks }: JsonObject, now: Place): Settings {
  return device === undefined ? { ...now } : { device, threads, workers, ranks };
}
