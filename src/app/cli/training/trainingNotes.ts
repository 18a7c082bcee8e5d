// Notes for the user around training: on the images, the weights, the machine, and the length of the run.

import { fewNames } from '../../../core/errors.ts';
import { isPointShape } from '../../../core/numeric/index.ts';
import type { Ranks } from '../../../core/ranks/index.ts';
import { type Dataset, ENOUGH_IMAGES, MOST_SHARE } from '../../../data/contract/index.ts';
import type { JsonObject } from '../../../data/files/index.ts';
import { countParameters, resultUnit } from '../../../flows/models/index.ts';
import { flowName } from '../../../runs/settings/experimentName.ts';
import type { Config, Schedule } from '../../../runs/settings/index.ts';
import { isHost } from '../../../tensor/engine/index.ts';
import type { ChosenSteps, Place } from '../../../training/loop/index.ts';
import { formatCount, formatCounted, formatDuration } from '../terminal/format.ts';
import type { PreparedRun } from './preparedRun.ts';

/** The values of a channel far from 0 are multiples of 2⁻²³ of its mean; a density would learn steps above this share of the deviation. */
const MOST_RESOLUTION = 0.01;

/** Everything that is said before training: the images, the model, the length, and what was guessed or repaired. */
export function openingNotes(
  run: PreparedRun,
  minutes: number | null,
  stopAt: number | undefined,
  ranks: Ranks,
): string[] {
  const { config, dataset, schedule, paths, state } = run;
  const parameters = countParameters(dataset.imageShape, config.model);
  const length =
    minutes === null
      ? formatCounted(schedule.totalSteps, 'step')
      : `as many steps as fit in ${formatDuration(60 * minutes)}`;
  const warnings = (texts: readonly string[] = []): string[] => texts.map((text) => `warning: ${text}`);
  return [
    ...warnings(dataset.warnings),
    ...originNotes(run),
    ...imageNotes(run),
    `${flowName(config)} flow with ${formatCount(parameters)} parameters, ` +
      `${formatCount(dataset.train.count)} ${isPointShape(dataset.imageShape) ? 'points' : 'images'} of ${dataset.name}${heldOutText(dataset)}, ${length}, ` +
      `into ${paths.directory}`,
    ...(ranks.size > 1 ? [ranksText(ranks, config.training.batchSize)] : []),
    ...(run.assumed ? [`using preset ${run.preset}; choose another with --preset or --config`] : []),
    ...(run.damages ?? []).map(
      (damage) =>
        `${damage}. Resuming from step ${formatCount(state?.step ?? 0)} instead; the file is renamed to ….damaged`,
    ),
    ...warnings(minutes === null ? scheduleWarnings(schedule, stopAt) : []),
  ];
}

/** How many images are held out; empty if the publisher chose the validation images, or there are none. */
function heldOutText({ holdOut, validation }: Dataset): string {
  return holdOut && validation.count > 0 ? `, ${formatCount(validation.count)} held out for validation` : '';
}

/** The share of the training images that would hold out enough of them, but at most a fifth. */
function largerShare({ holdOut, train, validation }: Dataset): string {
  const imageCount = train.count + validation.count;
  const share = Math.min(MOST_SHARE, Math.ceil((100 * ENOUGH_IMAGES) / imageCount) / 100);
  const count = Math.round(share * imageCount);
  return holdOut && count > validation.count
    ? `data.validation=${share} holds out ${formatCount(count)} in a new run`
    : 'add images';
}

/** A warning about the first channel that has only few different values in float32. */
function coarseChannels(continuous: Config['model']['continuous']): string[] {
  if (continuous === undefined || continuous === true) {
    return [];
  }
  const { mean, deviation } = continuous;
  const steps = deviation.map((each, channel) => (2 ** -23 * Math.abs(mean[channel]!)) / each);
  const channel = steps.findIndex((step) => step > MOST_RESOLUTION);
  return channel === -1
    ? []
    : [
        `float32 resolves the values around ${mean[channel]}${steps.length > 1 ? ` in channel ${channel}` : ''} only to ` +
          `${(100 * steps[channel]!).toPrecision(2)} % of their deviation: subtract the mean before you save them`,
      ];
}

/** What the user should know about the images before training on them. */
function imageNotes({ config, dataset, otherImages, paths }: PreparedRun): string[] {
  const { count } = dataset.validation;
  return [
    ...(otherImages === undefined
      ? []
      : [`resuming with other images: ${paths.dataRecord} now describes them`]),
    ...(count > 0 && count < ENOUGH_IMAGES
      ? [
          `only ${formatCounted(count, 'validation image')}: their ${resultUnit(config.model).name} is imprecise, and so are score percentiles; ` +
            largerShare(dataset),
        ]
      : []),
    ...coarseChannels(config.model.continuous),
  ];
}

/** Which weights are copied, which are new, and which of the other model are not used; none if they are all random. */
function originNotes({ origin }: PreparedRun): string[] {
  if (origin === undefined) {
    return [];
  }
  const { name, taken: copied, fresh, unused } = origin;
  const isComplete = fresh.length === 0 && unused.length === 0;
  return [
    `starting from the weights of ${name}: ${isComplete ? 'all' : formatCount(copied.length)} arrays of parameters`,
    ...(fresh.length === 0
      ? []
      : [`${name} has no ${listPlaces(fresh)}: ${formatCounted(fresh.length, 'array')} with initial values`]),
    ...(unused.length === 0
      ? []
      : [`not used: ${formatCounted(unused.length, 'array')} of ${name}, in ${listPlaces(unused)}`]),
  ];
}

/** Where parameters are in a model: `dequantiser, levels/1/steps/3`; of many places the first ones. */
function listPlaces(paths: readonly string[]): string {
  return fewNames([...new Set(paths.map((path) => /^levels\/\d+(\/steps\/\d+)?|^[^/]+/.exec(path)![0]))]);
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
  const hardware = workers === 1 ? threaded : `${threaded} and ${workers} workers`;
  return ranks === 1 ? hardware : `${hardware} on each of ${ranks} ranks`;
}

/** Where the ranks run, and how to stop them. */
function ranksText({ size, hosts }: Ranks, batchSize: number): string {
  const places = [...new Set(hosts)];
  const where = places.length === 1 ? places[0] : `${places.length} machines (${places.join(', ')})`;
  const tool = process.env.OMPI_TOOL_NAME;
  const stop =
    tool === 'mpirun' || tool === 'mpiexec'
      ? `; ${tool} kills all ranks on Ctrl-C: to stop after a step, with a checkpoint, use kill -USR2 ${process.ppid}`
      : '';
  return `${size} ranks on ${where}, each with ${formatCounted(batchSize / size, 'image')} of a batch${stop}`;
}

/** How the threads share the work; nothing with one thread, or on a device that schedules its own work. */
export function sharingText({ device, threads, workers }: Place): string {
  if (!isHost(device) || threads === 1) {
    return '';
  }
  return workers > 1
    ? `, with ${workers} data-parallel workers, each with its own weights and gradients`
    : `; ${threads} threads share each operation`;
}

/** Says how many steps fit into a time budget, and whether the warm-up becomes shorter. */
export function chosenNotes(
  { steps, seconds, secondsPerStep }: ChosenSteps,
  { warmupSteps }: Schedule,
  chosen: Schedule,
): string[] {
  return [
    `${formatCounted(steps, 'step')} chosen: about ${formatDuration(seconds)} at ${formatDuration(secondsPerStep)} a step, milestones included`,
    ...(chosen.warmupSteps < warmupSteps
      ? [
          `the warm-up of ${formatCounted(warmupSteps, 'step')} is shortened to ${formatCount(chosen.warmupSteps)}, a tenth of the run`,
        ]
      : []),
  ];
}

/** Warnings about lengths of a run that are probably mistakes. */
export function scheduleWarnings({ totalSteps, warmupSteps }: Schedule, stopAt = totalSteps): string[] {
  return [
    ...(stopAt > totalSteps
      ? [
          `--stop-at ${stopAt} is beyond the last step: the run ends after step ${totalSteps}; --steps ${stopAt} trains longer`,
        ]
      : []),
    ...(warmupSteps > totalSteps
      ? [
          `the warm-up of ${formatCounted(warmupSteps, 'step')} is longer than the run of ${formatCounted(totalSteps, 'step')}, so ` +
            'the learning rate stays below training.learningRate; set training.warmupSteps',
        ]
      : []),
  ];
}
