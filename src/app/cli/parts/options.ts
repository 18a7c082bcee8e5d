// Options shared by several commands, and the parsers of their values.
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { unknownName } from '../../../core/errors.ts';
import type { WeightsKind } from '../../../runs/contents/index.ts';
import type { StepChoice } from '../../../runs/contents/stored.ts';
import {
  type CompileOptions,
  type DeviceChoice,
  defaultDevice,
  deviceRecord,
  devices,
  indexedDevices,
  type Precision,
  parseDevice,
  requirePlace,
  usedDevice,
} from '../../../tensor/engine/index.ts';
import { tryDevice } from '../../../tensor/engine/listDevices.node.ts';
import { formatCount } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** Options of every command that runs programs. */
export interface EngineOptions {
  readonly device: DeviceChoice;
  readonly threads?: number;
}

/** Adds `--device`, `--threads`. */
export function addEngineOptions(command: Command): Command {
  const second = indexedDevices().map(({ device, chooses }) => `or ${device}:1 for the second ${chooses}`);
  return command
    .addOption(
      new Option('--device <name>', `where to run: ${[...devices, ...second].join(', ')}`)
        .argParser(parseDevice)
        .default({ device: defaultDevice } satisfies DeviceChoice, defaultDevice),
    )
    .option('--threads <n>', 'number of threads of the CPU (default: one per core)', threadCount);
}

/** More threads per core than this only slow each other down. */
const MOST_THREADS_PER_CORE = 4;

/** A parser of a number of threads. */
export function threadCount(text: string): number {
  const value = wholeNumber(1)(text);
  const cores = availableParallelism();
  if (value > MOST_THREADS_PER_CORE * cores) {
    throw new InvalidArgumentError(
      `This machine has ${cores} ${cores === 1 ? 'core' : 'cores'}, and more than ${MOST_THREADS_PER_CORE} threads per core ` +
        `slow each other down: use at most ${MOST_THREADS_PER_CORE * cores}.`,
    );
  }
  return value;
}

/**
 * How programs are compiled for these options, on the device that is used. It is tried first, before data are
 * read and a run folder is created.
 *
 * @throws UserError if it is unavailable, or threads are given for a device other than the CPU
 */
export async function compileOptions({ device: choice, threads }: EngineOptions): Promise<CompileOptions> {
  const { device: chosen = defaultDevice } = choice;
  const device = await usedDevice(chosen, (text) => noteOnStderr(`warning: ${text}`));
  const options: CompileOptions = { ...choice, device, ...(threads !== undefined && { threads }) };
  requirePlace(options);
  if (device !== defaultDevice) {
    await tryDevice({ ...choice, device });
  }
  return options;
}

/** Reports on stderr if programs do not run on the requested device: it may lack float64. */
export function reportDevice(precision: Precision, { device: choice }: EngineOptions): void {
  const { device = defaultDevice } = choice;
  if (precision === 'float64' && !deviceRecord(device).hasFloat64) {
    noteOnStderr(`${device} has no float64: this runs on the CPU`);
  }
}

/** A positive number of minutes from an option. */
export const parseMinutes = numberThat((minutes) => minutes > 0, 'a number above 0');

/** The longest time of a timer, 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** A signal after some minutes. Timers take whole milliseconds, and those beyond the longest would fire at once. */
export function timeLimit(minutes: number): AbortSignal {
  return AbortSignal.timeout(Math.min(LONGEST_MS, Math.ceil(60_000 * minutes)));
}

/** A parser of finite numbers that are allowed; `kind` says which these are. */
export function numberThat(isAllowed: (value: number) => boolean, kind: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || !isAllowed(value)) {
      throw new InvalidArgumentError(`It must be ${kind}.`);
    }
    return value;
  };
}

/** A parser of whole numbers of at least `least` and at most `greatest`. */
export function wholeNumber(least: number, greatest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = greatest === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${greatest}`;
  return numberThat(
    (value) => Number.isSafeInteger(value) && value >= least && value <= greatest,
    `a whole number ${range}`,
  );
}

/** A parser of numbers of at least 0. */
export const nonNegative = numberThat((value) => value >= 0, 'a number of 0 or more');

/** A parser of one of the given names. */
export function parseChoice<const Names extends readonly string[]>(
  kind: string,
  names: Names,
): (text: string) => Names[number] {
  return (text) => {
    if (!names.includes(text)) {
      throw unknownName(kind, text, names);
    }
    return text as Names[number];
  };
}

/** A parser of one or more of the given names, separated by commas. */
export function parseChoices<const Names extends readonly string[]>(
  kind: string,
  names: Names,
): (text: string) => Names[number][] {
  const parse = parseChoice(kind, names);
  return (text) => text.split(',').map((name) => parse(name));
}

const weightsKinds = ['average', 'raw'] as const satisfies WeightsKind[];

/** Adds `--weights`; with no default for commands that take exports, which have one kind. */
export function addWeightsOption(command: Command, { orExport = false } = {}): Command {
  const description = `which weights: ${weightsKinds.join(', ')}`;
  const parse = parseChoice('weights', weightsKinds);
  return orExport
    ? command.option('--weights <kind>', `${description} (default: average, or as in the export)`, parse)
    : command.option('--weights <kind>', description, parse, 'average');
}

/** Which checkpoint of a run is used. */
export interface CheckpointOptions {
  readonly step?: StepChoice;
}

/** Adds `--step`. */
export function addCheckpointOption(command: Command): Command {
  return command.option(
    '--step <n|best>',
    'use the checkpoint of this step; best: lowest bits/dim on validation images (default: the last)',
    stepChoice,
  );
}

function stepChoice(text: string): StepChoice {
  if (text === 'best') {
    return text;
  }
  const step = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(step)) {
    throw new InvalidArgumentError("It must be the number of a step, or 'best'.");
  }
  return step;
}

/** `, step 40` after a result if the user has chosen the step, else nothing. */
export function stepText(step: number | undefined, { step: chosen }: CheckpointOptions): string {
  return chosen === undefined || step === undefined ? '' : `, step ${formatCount(step)}`;
}

/** Collects an option that may be repeated. */
export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}
