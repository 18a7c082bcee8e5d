// The run that `emerging train` trains: which one the options select, and its configuration.
import { dirname, join } from 'node:path';
import { option, type Phrase, phrase, UserError } from '../../../core/errors.ts';
import type { Ranks } from '../../../core/ranks/index.ts';
import type { Dataset, HoldOut } from '../../../data/contract/index.ts';
import {
  ClosedFolder,
  exists,
  pathIn,
  readTextStream,
  requireExists,
} from '../../../data/files/index.node.ts';
import { openDataset } from '../../../data/index.node.ts';
import { isRun, loadTrained } from '../../../model/loading/index.node.ts';
import { WEIGHTS_FILE } from '../../../model/loading/index.ts';
import { holdOutIn } from '../../../runs/contents/stored.ts';
import { type DataPlace, locateData } from '../../../runs/folder/dataMark.ts';
import { folderStore } from '../../../runs/folder/folderStore.ts';
import { nextFreeRunFolder, type RunPaths, requireRun, runPaths } from '../../../runs/folder/index.ts';
import { conditionsFor } from '../../../runs/images/index.ts';
import {
  changedConfig,
  type FolderRun,
  resumeRun,
  type StartingModel,
  startRun,
} from '../../../runs/open/index.ts';
import { dataName, isOnOwnData } from '../../../runs/settings/experimentName.ts';
import type { Config } from '../../../runs/settings/index.ts';
import { findPreset } from '../../../runs/settings/presets.ts';
import { type ConfigFile, type ConfigSources, resolveConfig } from '../../../runs/settings/yaml.ts';
import type { CompileOptions } from '../../../tensor/engine/index.ts';
import { requireWorkers } from '../../../training/gradients/index.ts';
import { rankShare } from '../../../training/ranks.ts';
import { noteOnStderr } from '../terminal/output.ts';

/** The default preset, if neither a preset nor a file is named. */
export const DEFAULT_PRESET = 'mnist-quickstart';

/** The options that select a run. */
export interface RunOptions {
  readonly preset?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly data?: string;
  readonly steps?: number;
  readonly epochs?: number;
  readonly out?: string;
  readonly from?: string;
  readonly resume?: string;
  readonly otherImages?: true;
  readonly seed?: number;
  readonly workers?: number;
}

/** Where the images of a run and their conditions are, and which of them are held out. */
export interface RunImages {
  readonly path: string;
  readonly conditions?: string | undefined;
  readonly holdOut?: HoldOut | undefined;
}

/** A run that can be trained. */
export interface PreparedRun extends FolderRun {
  /** Where other ranks open its images. */
  readonly images: RunImages;
  /** Whether that preset was chosen by default, for images other than its own. */
  readonly assumed: boolean;
}

/**
 * Creates the folder of a new run, or opens one to resume.
 *
 * @throws UserError before anything is created if the requested number of workers or ranks is impossible
 */
export function prepareRun(options: RunOptions, engine: CompileOptions, ranks: Ranks): Promise<PreparedRun> {
  return options.resume === undefined
    ? newRun(options, engine, ranks)
    : reopenedRun(options.resume, options, engine, ranks);
}

async function newRun(
  { preset, config: path, set, out, seed, workers, from: start, ...options }: RunOptions,
  engine: CompileOptions,
  ranks: Ranks,
): Promise<PreparedRun> {
  if (options.otherImages) {
    throw new UserError('invalid-argument', '--other-images only works when resuming: add --resume RUN');
  }
  if (path !== undefined) {
    requireExists(path);
  }
  const source = start === undefined ? undefined : await resolveStart(start, { preset, config: path });
  const file = source?.file ?? (path === undefined ? undefined : readTextStream(path));
  const name = preset ?? (file === undefined ? DEFAULT_PRESET : undefined);
  const { data, steps, epochs } = options;
  const overrides = { seed, data: { name: data }, training: { steps, epochs } };
  const resolved = resolveOne({ preset: name, file, set, overrides });
  const isOfFile =
    file !== undefined && !data && resolveConfig({ preset: name, file }).data.name === resolved.data.name;
  const config = isOfFile ? withOwnData(file.path, resolved) : resolved;
  requireWorkers(workers, { ...engine, images: rankShare(config.training, ranks).microBatch });
  const isPresets = name !== undefined && isOnOwnData(name, config);
  const folder = isPresets ? (findPreset(name).folder ?? name) : folderName(dataName(config));
  const about = { preset: name ?? null, from: source?.model };
  const run =
    out === undefined ? await startInFreeFolder(config, folder, about) : await startRun(config, out, about);
  if (source !== undefined && !source.isRun) {
    noteOnStderr(
      `${start} is an export, without settings of its training: using the defaults, which --set can change (emerging config)`,
    );
  }
  const images = { path: config.data.name, conditions: config.data.conditions };
  return { ...run, images, assumed: preset === undefined && name !== undefined && !isPresets };
}

/**
 * The configuration of one training.
 *
 * @throws UserError as `resolveConfig` does; for a setting with several values, it names the command that compares them
 */
function resolveOne(sources: ConfigSources): Config {
  try {
    return resolveConfig(sources);
  } catch (error) {
    const { set = [] } = sources;
    for (const [index, setting] of set.entries()) {
      const [, key, list] = /^([\w.]+)=\[?([^[\]{}]+)\]?$/.exec(setting) ?? [];
      const values = list?.split(',').map((value) => value.trim()) ?? [];
      if (
        values.length > 1 &&
        values.every((value) => isValid(sources, set.with(index, `${key}=${value}`)))
      ) {
        throw new UserError(
          'invalid-config',
          `${setting}: a training has one ${key}; compare several with a study: ${key === 'seed' ? 'seeds: ' : `grid: { ${key}: `}[${values.join(', ')}]${key === 'seed' ? '' : ' }'} (emerging study --help)`,
          { cause: error },
        );
      }
    }
    throw error;
  }
}

function isValid(sources: ConfigSources, set: readonly string[]): boolean {
  try {
    resolveConfig({ ...sources, set });
    return true;
  } catch {
    return false;
  }
}

/** The model that a new run starts from, and its configuration: the run's, or the model options of an export. */
async function resolveStart(
  directory: string,
  named: Readonly<Record<'preset' | 'config', string | undefined>>,
): Promise<{ file: ConfigFile; model: StartingModel; isRun: boolean }> {
  for (const conflictingOption of ['preset', 'config'] as const) {
    if (named[conflictingOption] !== undefined) {
      throw new UserError(
        'invalid-argument',
        `--from starts with the settings of ${directory}: omit --${conflictingOption}, and change settings with --set`,
      );
    }
  }
  const trained = await loadTrained(directory);
  const file = isRun(trained)
    ? await folderStore(trained.paths).readConfig()
    : { path: pathIn(directory, WEIGHTS_FILE), text: JSON.stringify({ model: trained.model.options }) };
  const { model, parameters } = trained;
  return { file, model: { name: directory, model, parameters }, isRun: isRun(trained) };
}

/** Starts a run in a free folder of `runs`; if another process takes the folder meanwhile, in the next one. */
async function startInFreeFolder(
  config: Config,
  name: string,
  about: Parameters<typeof startRun>[2],
): Promise<FolderRun> {
  const folder = chosenRunFolder(name);
  try {
    return await startRun(config, folder, about);
  } catch (error) {
    const isTaken = error instanceof UserError && (error.code === 'exists' || error.code === 'locked');
    if (isTaken && chosenRunFolder(name) !== folder) {
      return startInFreeFolder(config, name, about);
    }
    throw error;
  }
}

/** A free folder in `runs` of the working directory. */
function chosenRunFolder(name: string): string {
  const folder = join('runs', name);
  const remedy = phrase`delete it, or name the run folder: ${option('out', folder)}`;
  // Before looking anything up through the link.
  new ClosedFolder('.', { remedy }).requireNoLink('runs');
  return nextFreeRunFolder(folder);
}

/** Treats the images of a configuration in a run folder like the run's. */
function withOwnData(path: string, config: Config): Config {
  const paths = runPaths(dirname(path));
  if (!exists(paths.checkpoints) && !exists(paths.summary)) {
    return config;
  }
  const { path: name, conditions } = placeOfData(paths, config);
  return { ...config, data: { ...config.data, name, ...(conditions !== undefined && { conditions }) } };
}

/** Where a run's images are; reports it if it is not the obvious place. */
function placeOfData(paths: RunPaths, config: Config): DataPlace {
  const dataPlace = locateData(paths, config, dataRemedy(config));
  if (dataPlace.note !== null) {
    noteOnStderr(dataPlace.note);
  }
  return dataPlace;
}

function dataRemedy({ data }: Config): Phrase {
  return phrase`name them with ${option('data', data.name)} if you mean these`;
}

/** `emoji-32` from `emoji-32.images`; `run` for a path without a usable name, such as `../..`. */
function folderName(data: string): string {
  return data.replace(/\.[^.]*$/, '').replaceAll(/[^\p{L}\p{N}._-]+/gu, '-') || 'run';
}

/** Opens a run to resume from its last checkpoint, or from its start if it has none yet. */
async function reopenedRun(
  directory: string,
  options: RunOptions,
  engine: CompileOptions,
  ranks: Ranks,
): Promise<PreparedRun> {
  for (const conflictingOption of ['preset', 'config', 'from', 'out', 'seed'] as const) {
    if (options[conflictingOption] !== undefined) {
      throw new UserError(
        'invalid-argument',
        `--resume continues with the run's own configuration: omit --${conflictingOption}`,
      );
    }
  }
  const { steps, epochs, set, workers, data, otherImages } = options;
  const changes = { training: { steps, epochs } };
  const paths = requireRun(directory);
  const store = folderStore(paths);
  const config = changedConfig(await store.readConfig(), changes, set);
  requireWorkers(workers, { ...engine, images: rankShare(config.training, ranks).microBatch });
  const dataPlace = data === undefined ? placeOfData(paths, config) : { path: data, conditions: undefined };
  const images = {
    path: dataPlace.path,
    conditions: dataPlace.conditions,
    holdOut: holdOutIn(await store.readImages()),
  };
  const dataset = data === undefined ? undefined : await openRunImages(config, images);
  const run = await resumeRun(directory, changes, { set, otherImages, ...(dataset && { dataset }) });
  if (run.state === undefined) {
    noteOnStderr(`${directory} has no checkpoint yet: starting from the beginning`);
  }
  return { ...run, images, assumed: false };
}

/** Opens the images of a run that was started before, or on another rank. */
export function openRunImages(config: Config, { path, conditions, holdOut }: RunImages): Promise<Dataset> {
  const { validation } = config.data;
  const { bits } = config.model;
  return openDataset(path, {
    validation,
    holdOut,
    conditions: conditionsFor(config.model, conditions),
    bits,
  });
}
