// The folder of a run: what is in it, how one is opened and found.
import { call, nearestNames, phrase, UserError } from '../../errors.ts';
import { SCHEMA_FILE } from '../../experiments/config.ts';
import { exists, isFolder, readTextFile, type TextFile } from '../../storage/files.ts';
import { folderOf, listFolder, pathIn } from '../../storage/folders.ts';

/** Where the parts of a run lie. */
export interface RunPaths {
  /** The run folder itself, as the user named it. */
  readonly directory: string;
  /** All it takes to repeat the run, unless a resume changed settings on its way: those of the last steps. */
  readonly config: string;
  /** What the configuration may say, for editors. */
  readonly schema: string;
  /** What was measured, one JSON object a line; no clock, path or host. */
  readonly metrics: string;
  /** How long it took, one JSON object a line. */
  readonly timings: string;
  /** The folder of the checkpoints, one file each. */
  readonly checkpoints: string;
  /** The learning curve, as a PNG. */
  readonly curve: string;
  /** The folder of the sample grids. */
  readonly samples: string;
  /** What the training reached, and every evaluation made of it. */
  readonly summary: string;
  /** There while a process trains the run. */
  readonly lock: string;
}

/** A checkpoint of a run: the state after `step` steps. */
export interface CheckpointFile {
  readonly step: number;
  readonly path: string;
}

/** A run that is there: its configuration, not yet parsed, and its checkpoints, earliest first. */
export interface RunFolder {
  readonly paths: RunPaths;
  readonly config: TextFile;
  readonly checkpoints: readonly CheckpointFile[];
  /** The one with the most steps; null if the run has not written any. */
  readonly latestCheckpoint: CheckpointFile | null;
}

/** The paths of a run's parts; nothing need be there. */
export function runPaths(directory: string): RunPaths {
  return {
    directory,
    config: pathIn(directory, 'config.yaml'),
    schema: pathIn(directory, SCHEMA_FILE),
    metrics: pathIn(directory, 'metrics.jsonl'),
    timings: pathIn(directory, 'timings.jsonl'),
    checkpoints: pathIn(directory, 'checkpoints'),
    curve: pathIn(directory, 'curve.png'),
    samples: pathIn(directory, 'samples'),
    summary: pathIn(directory, 'summary.json'),
    lock: pathIn(directory, 'training.lock'),
  };
}

/** The path of the checkpoint after `step` steps: `checkpoints/step-00000040.safetensors`. */
export function checkpointPath(paths: RunPaths, step: number): string {
  return pathIn(paths.checkpoints, `step-${String(step).padStart(8, '0')}.safetensors`);
}

/**
 * Opens the folder of a run.
 *
 * @param options.orExport whether an export, which the caller knows, would have done as well: the error says so then
 * @throws UserError if it is no run, with the name of one that is
 */
export function openRunFolder(directory: string, options: { orExport?: boolean } = {}): RunFolder {
  const paths = runPaths(directory);
  if (!exists(paths.config)) {
    throw new UserError('not-found', options.orExport ? noModel(directory) : noRun(directory));
  }
  const checkpoints = listCheckpoints(paths);
  return {
    paths,
    config: readTextFile(paths.config),
    checkpoints,
    latestCheckpoint: checkpoints.at(-1) ?? null,
  };
}

/** The latest checkpoint of a run; a UserError that says how to get one if there is none. */
export function requireCheckpoint(run: RunFolder): CheckpointFile {
  if (run.latestCheckpoint === null) {
    const { directory } = run.paths;
    throw new UserError(
      'not-ready',
      phrase`${directory} has no checkpoint yet; resume it with: ${call('resumeRun', directory)}`,
    );
  }
  return run.latestCheckpoint;
}

/** The run folders directly inside a folder, by name; none if it does not exist. */
export function listRunFolders(parent: string): string[] {
  return entriesOf(parent).filter((folder) => exists(runPaths(folder).config));
}

function listExports(parent: string): string[] {
  return entriesOf(parent).filter((folder) => exists(manifestIn(folder)));
}

function entriesOf(parent: string): string[] {
  if (!isFolder(parent)) {
    return [];
  }
  return listFolder(parent).map((name) => pathIn(parent, name));
}

/** The checkpoints that are there, earliest first. */
export function listCheckpoints(paths: RunPaths): CheckpointFile[] {
  if (!exists(paths.checkpoints)) {
    return [];
  }
  return listFolder(paths.checkpoints)
    .flatMap((name) => {
      const digits = /^step-(\d{8,})\.safetensors$/.exec(name)?.[1];
      return digits === undefined ? [] : [{ step: Number(digits), path: pathIn(paths.checkpoints, name) }];
    })
    .sort((a, b) => a.step - b.step);
}

/** What to say of a folder that is to be a run and is none. */
function noRun(directory: string): string {
  if (exists(manifestIn(directory))) {
    return (
      `${directory} is an exported model, but this needs the run it was exported from: ` +
      'an export has neither a config.yaml nor the name of its dataset'
    );
  }
  const what = exists(directory) ? 'it has no config.yaml' : 'it does not exist';
  const example = exampleOf(directory, listRunFolders);
  return `${directory} is not a run folder: ${what}; name one that a training made, for example ${example}`;
}

/** What to say of a folder that is to be a run or an export and is neither. */
function noModel(directory: string): string {
  const what = !exists(directory)
    ? 'it does not exist'
    : exists(manifestIn(directory))
      ? 'it has a manifest.json and no model.safetensors'
      : 'it has neither a config.yaml nor a manifest.json';
  const example = exampleOf(directory, (parent) => [...listRunFolders(parent), ...listExports(parent)]);
  return (
    `${directory} is neither a run folder nor an export: ${what}; ` +
    `name one that a training or an export made, for example ${example}`
  );
}

function manifestIn(directory: string): string {
  return pathIn(directory, 'manifest.json');
}

/** One of the folders that are listed, which the user may have meant: inside the one that was named, else beside it. */
function exampleOf(directory: string, list: (parent: string) => string[]): string {
  const inside = list(directory);
  const beside = list(folderOf(directory));
  return inside[0] ?? nearestNames(directory, beside)[0] ?? beside[0] ?? pathIn('runs', 'quickstart');
}
