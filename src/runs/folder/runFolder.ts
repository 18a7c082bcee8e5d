// The folder of a run: its contents, opening it and finding it.
import { nearestNames, UserError } from '../../core/errors.ts';
import {
  ClosedFolder,
  exists,
  isFolder,
  listFolder,
  parentFolder,
  pathIn,
  readBytes,
} from '../../data/files/index.node.ts';
import type { JsonObject } from '../../data/files/index.ts';
import { checkpointFile, runFileNames, stepsIn } from '../contents/runFileNames.ts';
import { largestSummary, summaryFrom } from '../contents/runSummary.ts';
import { SCHEMA_FILE } from '../settings/configSchema.ts';

/** The paths of a run's files. */
export interface RunPaths {
  /** The run folder itself, as named by the user. */
  readonly directory: string;
  /** Everything needed to repeat the run; if a resume changed settings, it holds the latest. */
  readonly config: string;
  /** The schema of the configuration, for editors. */
  readonly schema: string;
  /** The measurements, one JSON object per line; no clock, path or host. */
  readonly metrics: string;
  /** The timings, one JSON object per line. */
  readonly timings: string;
  /** The result of the training, and every evaluation. */
  readonly summary: string;
  /** What identifies its images. */
  readonly dataRecord: string;
  /** The folder of the checkpoints, one file each. */
  readonly checkpoints: string;
  /** The learning curve, as a PNG. */
  readonly curve: string;
  /** The folder of the sample grids. */
  readonly samples: string;
  /** The model card. */
  readonly card: string;
  /** The folder of the TensorBoard events. */
  readonly tensorboard: string;
  /** Shows the account that made the run that it did, if its images are at a path anywhere on the disk. */
  readonly dataMark: string;
  /** Present while a process trains the run. */
  readonly lock: string;
}

/** The paths of a run's files, which need not exist. */
export function runPaths(directory: string): RunPaths {
  const files = Object.entries(runFileNames).map(([file, name]) => [file, pathIn(directory, name)]);
  const paths: Record<keyof typeof runFileNames, string> = Object.fromEntries(files);
  return { ...paths, directory, schema: pathIn(directory, SCHEMA_FILE) };
}

/** The files of a run in a folder; a trainer changes them only while it holds the lock. */
export function runFiles({ directory }: RunPaths): ClosedFolder {
  return new ClosedFolder(directory, { lockFile: runFileNames.lock });
}

/** The path of the checkpoint after `step` steps: `checkpoints/step-00000040.safetensors`. */
export function checkpointPath({ directory }: RunPaths, step: number): string {
  return pathIn(directory, checkpointFile(step));
}

/** The steps that have a checkpoint, in order. */
export function savedSteps({ checkpoints }: RunPaths): number[] {
  const names = exists(checkpoints) ? listFolder(checkpoints) : [];
  return stepsIn(names.map((name) => `${runFileNames.checkpoints}/${name}`));
}

/**
 * The contents of `summary.json`, read at once; an empty object if there is none.
 *
 * @throws UserError (`invalid-data`) if it is damaged
 */
export function readSummary({ summary: path }: RunPaths): JsonObject {
  return summaryFrom(exists(path) ? readBytes(path, largestSummary) : undefined, path);
}

/**
 * The paths of a run, which must exist.
 *
 * @param options.orExport whether the caller also accepts an export: the error then says so
 * @throws UserError if the folder doesn't contain a run; the error suggests one that does
 */
export function requireRun(directory: string, options: { orExport?: boolean } = {}): RunPaths {
  const paths = runPaths(directory);
  if (!exists(paths.config)) {
    throw new UserError('not-found', options.orExport ? noModel(directory) : noRun(directory));
  }
  return paths;
}

/**
 * The run folders directly inside a folder, by name; none if it does not exist. A folder counts even if the system
 * denies access to its configuration: opening it gives the reason.
 */
export function listRunFolders(parent: string): string[] {
  return listEntries(parent).filter(isRunFolder);
}

/** How many entries of a folder can't be opened because their names are not UTF-8. */
export function countUnreadableNames(parent: string): number {
  return listEntries(parent).filter((path) => path.includes('\ufffd') && !exists(path)).length;
}

/** Whether a folder is a run folder; also if the system denies access to its configuration. */
export function isRunFolder(folder: string): boolean {
  try {
    return exists(runPaths(folder).config);
  } catch (error) {
    if (error instanceof UserError) {
      return true;
    }
    throw error;
  }
}

function listExports(parent: string): string[] {
  return listEntries(parent).filter(holdsExport);
}

function listEntries(parent: string): string[] {
  if (!isFolder(parent)) {
    return [];
  }
  return listFolder(parent).map((name) => pathIn(parent, name));
}

/** The message for a folder that should be a run but is not. */
function noRun(directory: string): string {
  if (holdsExport(directory)) {
    return (
      `${directory} is an exported model, but this needs the run it was exported from: ` +
      'an export has neither a config.yaml nor the name of its dataset'
    );
  }
  const problem = exists(directory) ? 'it has no config.yaml' : 'it does not exist';
  const example = nearbyExample(directory, listRunFolders);
  return `${directory} is not a run folder: ${problem}; name one that was created by training, for example ${example}`;
}

/** The message for a folder that should be a run or an export but is neither. */
function noModel(directory: string): string {
  const problem = !exists(directory)
    ? 'it does not exist'
    : holdsExport(directory)
      ? 'it has a manifest.json and no model.safetensors'
      : 'it has neither a config.yaml nor a manifest.json';
  const example = nearbyExample(directory, (parent) => [...listRunFolders(parent), ...listExports(parent)]);
  return (
    `${directory} is neither a run folder nor an export: ${problem}; ` +
    `name one that was created by training or export, for example ${example}`
  );
}

/** Whether a folder has the manifest of an export. */
export function holdsExport(directory: string): boolean {
  return exists(pathIn(directory, 'manifest.json'));
}

/** A listed folder the user may have meant: inside the named one, or else next to it. */
function nearbyExample(directory: string, list: (parent: string) => string[]): string {
  const inside = list(directory);
  const beside = list(parentFolder(directory));
  return inside[0] ?? nearestNames(directory, beside)[0] ?? beside[0] ?? pathIn('runs', 'quickstart');
}
