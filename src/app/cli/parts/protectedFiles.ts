// Files that no output may replace: files of a model, and the inputs of the command.
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../../core/errors.ts';
import { importedModules } from '../../../core/platform/index.node.ts';
import { exists, fileKey, isFolder, isWithin, pathFrom, realPath } from '../../../data/files/index.node.ts';
import { dataFolders } from '../../../data/sets/dataFolder.ts';
import { datasetRecords } from '../../../data/sets/records.ts';
import type { TrainedModel } from '../../../model/index.ts';
import { isExported, isRun } from '../../../model/loading/index.node.ts';
import { MANIFEST_FILE, WEIGHTS_FILE } from '../../../model/loading/index.ts';
import type { LoadedRun } from '../../../model/loading/loadRun.ts';
import { SCORES_FILE } from '../../../model/referenceScores.ts';
import { runPaths } from '../../../runs/folder/index.ts';

/** Result files, which readers of image folders ignore: commands may replace them there. */
const resultName = /\.(csv|json|html|safetensors|eflow)$/i;
const conditionsName = /(^|[./\\])conditions\.csv$/i;

/**
 * Checks that an output doesn't have the name of a file that a run or an export uses, even of a missing one: an added
 * checkpoint would be loaded like a replaced one. Pictures may be written there, such as into `samples`.
 *
 * @throws UserError (`invalid-argument`) if it has
 */
export function requireNoModelFile(path: string): void {
  const target = exists(path) ? realPath(path) : join(realPath(dirname(path)), basename(path));
  // Models need files only in their folders and direct subfolders.
  for (const folder of [dirname(target), dirname(dirname(target))]) {
    const model = modelIn(folder);
    if (model?.uses(fileKey(target))) {
      throw new UserError(
        'invalid-argument',
        `cannot write ${path}: the name belongs to the ${model.kind} in ${pathFrom('.', folder) || '.'}; choose another name`,
      );
    }
  }
}

/**
 * Checks that an output replaces none of the inputs, no file in input folders and named datasets, and no module that was
 * imported (`--import`).
 *
 * @param inputs paths and names of datasets; missing paths are ignored
 * @throws UserError (`invalid-argument`) if it does
 */
export function requireNoInput(path: string, inputs: readonly (string | undefined)[]): void {
  if (!exists(path)) {
    return;
  }
  const isNamed = inputs.some((input) => input !== undefined && Object.hasOwn(datasetRecords, input));
  const sources = [
    ...inputs.filter((input) => input !== undefined),
    ...(isNamed ? dataFolders() : []),
    ...importedModules().map((url) => fileURLToPath(url)),
  ];
  const isTable = conditionsName.test(path);
  const isData = isTable || !resultName.test(path);
  const target = realPath(path);
  const isWithinSource = (source: string): boolean =>
    realPath(source) === target ||
    (isData && isFolder(source) && isWithin(source, path)) ||
    // Tables may be next to images.
    (isTable && dirname(realPath(source)) === dirname(target));
  if (sources.some((source) => exists(source) && isWithinSource(source))) {
    throw new UserError('invalid-argument', `${path} would replace one of the inputs; choose another name`);
  }
}

/** The images of a run and their conditions, as inputs of a command; none for an export. */
export function runInputs(trained: LoadedRun | TrainedModel): readonly (string | undefined)[] {
  return isRun(trained) ? [trained.config.data.name, trained.config.data.conditions] : [];
}

/** The paths in options `--condition`, each `FILE` or `NAME=FILE`. */
export function conditionInputs(condition: readonly string[] = []): string[] {
  return condition.flatMap((text) => [text, text.slice(text.indexOf('=') + 1)]);
}

/** The kind of model in a folder, and which files it uses; undefined if there is none. */
function modelIn(folder: string): { kind: string; uses(key: string): boolean } | undefined {
  const uses = (files: readonly string[]) => (key: string) =>
    files.some((file) => key === fileKey(file) || key.startsWith(fileKey(file) + sep));
  const named = (...names: readonly string[]): string[] => names.map((name) => join(folder, name));
  const { directory: _, samples, checkpoints, config, ...files } = runPaths(folder);
  if (exists(config) && exists(checkpoints)) {
    return {
      kind: 'run',
      uses: uses([config, checkpoints, ...Object.values(files), ...named(SCORES_FILE)]),
    };
  }
  if (isExported(folder)) {
    const isFile = uses(named(MANIFEST_FILE, WEIGHTS_FILE, SCORES_FILE, 'README.md'));
    return { kind: 'export', uses: (key) => isFile(key) || key.endsWith('.onnx') };
  }
  return undefined;
}
