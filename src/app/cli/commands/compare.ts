// `emerging compare`: compares models on the same images and noise, and plots the learning curves of runs.
import { realpathSync } from 'node:fs';
import type { Command } from 'commander';
import { fewNames, UserError, type UserErrorCode, visibleText } from '../../../core/errors.ts';
import { showImageShape } from '../../../core/numeric/index.ts';
import type { ImageSet, Split } from '../../../data/contract/index.ts';
import { exists, isFolder } from '../../../data/files/index.node.ts';
import { plotPng } from '../../../data/pictures/drawPlot.ts';
import {
  type DequantisationName,
  dequantisationName,
  type ResultUnit,
  resultUnit,
  valuesText,
} from '../../../flows/models/index.ts';
import { errorText } from '../../../model/card/reportText.ts';
import { FlowModel, type TrainedModel } from '../../../model/index.ts';
import { isRun, loadTrained } from '../../../model/loading/index.node.ts';
import type { LoadedRun } from '../../../model/loading/loadRun.ts';
import { type Comparison, compareModels, countDraws } from '../../../model/measure/index.ts';
import { changesIn } from '../../../runs/contents/index.ts';
import { holdOutIn } from '../../../runs/contents/stored.ts';
import { folderStore } from '../../../runs/folder/folderStore.ts';
import { releaseAfter } from '../../../tensor/engine/index.ts';
import { curvePlot, type LearningCurve, readLearningCurve } from '../../../training/reports/index.ts';
import { noteImplausible } from '../parts/implausible.ts';
import {
  addMeasureOptions,
  type MeasureOptions,
  MODEL,
  modelFolders,
  noteLargeImages,
} from '../parts/modelOptions.ts';
import { compileOptions } from '../parts/options.ts';
import { besideModel, outputPng } from '../parts/outputFile.ts';
import { requireNoInput, runInputs } from '../parts/protectedFiles.ts';
import { differenceFromRun, openImages } from '../parts/runImages.ts';
import { groupBySeed, type SeedGroup } from '../parts/seedGroups.ts';
import { drawOrNote } from '../terminal/failure.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { formatTable, right } from '../terminal/table.ts';
import { errorMessage } from '../terminal/wording.ts';

interface CompareCommandOptions extends MeasureOptions {
  readonly out?: string;
}

/** Adds the arguments and options of `compare`, and what it does. */
export function registerCompare(command: Command): void {
  command
    .argument(
      '<run...>',
      `two or more models, each ${MODEL}; the others are compared with the first`,
      modelFolders,
    )
    .option('--out <file>', 'the PNG for the learning curves (default: compare.png next to the first run)');
  addMeasureOptions(command, { split: 'validation', draws: 1 })
    .addHelpText(
      'after',
      '\nExample:\n  emerging compare runs/emerging runs/1x1 --out curves.png\n' +
        '\nAll models are measured on the same images with the same noise. ± is the standard error over images; for a\n' +
        'difference, of the differences per image. It doesn’t include what another seed would change: runs that differ\n' +
        'only in their seeds are also compared as groups, paired by seed. A negative difference means better than the\n' +
        'first model. Exports need --data, and have no curves.',
    )
    .action((runs: string[], options: CompareCommandOptions) => runCompare(runs, options));
}

async function runCompare(paths: readonly string[], options: CompareCommandOptions): Promise<void> {
  const { split, weights, seed, data } = options;
  const directories = withoutFiles(paths);
  if (directories.length < 2) {
    throw new UserError('invalid-argument', 'compare needs at least two models; emerging runs lists runs');
  }
  const output = outputPng(options.out ?? besideModel(directories[0]!, 'compare.png'), [data]);
  const engine = await compileOptions(options);
  const { models, broken } = await loadCompared(directories, { weights, step: options.step });
  const [first] = models as [ComparedModel];
  requireNoInput(
    output.path,
    models.flatMap(({ trained }) => runInputs(trained)),
  );
  const runs = models.flatMap(({ run }) => run ?? []);
  for (const run of runs) {
    requireSameData(runs[0]!, run, split, data);
  }
  const exported = models.find(({ run }) => run === undefined);
  // An export needs --data; a run stores the share of training images held out.
  const source = (data === undefined && exported) || models.find(({ run }) => run) || first;
  const images = await openImages(source.trained, source.directory, { split, chosen: true, data });
  if (data === undefined) {
    await requireSameImages(runs, split, images);
  }
  const unit = resultUnit(first.trained.model.options);
  const compared = await withImageProgress('comparing', images.count, (onProgress) =>
    releaseAfter((keep) => {
      const flows = models.map(({ trained }) =>
        keep(new FlowModel(trained, { ...engine, ...noteLargeImages })),
      );
      return compareModels(flows, images, { draws: options.draws, seed, onProgress });
    }),
  );
  const curves = await Promise.all(runs.map(readCurve));
  const plot = curvePlot(curves.flat(), {
    title: 'Learning curves',
    subtitle: 'light: training batches; with points: validation images, average weights',
    unit,
  });
  const drawn =
    plot &&
    (await drawOrNote(`learning curves in ${output.path}`, async () => {
      output.write(await plotPng(plot));
      return output.path;
    }));
  const failed = compared.some(({ bitsPerDim }) => !Number.isFinite(bitsPerDim));
  if ((plot !== null && drawn === null) || broken.length > 0 || failed) {
    process.exitCode = 1;
  }
  const entries = compared.map((comparison, index) => ({
    run: models[index]!.directory,
    seed: models[index]!.run?.config.seed ?? null,
    step: models[index]!.trained.step,
    bound: dequantisationName(models[index]!.trained.model.options),
    ...comparison,
  }));
  const kinds = [...new Set(models.map(({ trained }) => trained.weights ?? 'unknown'))].join(' and ');
  const { bits } = first.trained.model.values;
  const draws = countDraws(first.trained.model, options);
  const about = { split, images: images.count, draws, seed, weights: kinds, bits };
  noteSteps(entries);
  const groups = await seedGroups(models, compared);
  for (const { run, bitsPerDim } of entries) {
    noteImplausible([bitsPerDim], { what: `mean of ${run}`, bits, directory: run });
  }
  writeStdout(
    options.json
      ? `${JSON.stringify({ ...about, runs: entries.map((entry) => unit.record(entry)), groups: groups.map((group) => unit.record(group)), ...(broken.length > 0 && { broken }), file: drawn })}\n`
      : `${comparisonTable(entries, unit)}\n` +
          `on the same ${formatCount(images.count)} ${split} images with the same noise ` +
          `(${kinds} weights, ${valuesText(bits)}, ${formatCounted(draws, 'draw')}); ±: standard error over images\n` +
          groupsText(groups, unit) +
          `${drawn === null ? '' : `curves: ${visibleText(drawn)}\n`}` +
          broken.map(({ run, problem }) => `${visibleText(`not compared: ${run}: ${problem}`)}\n`).join(''),
  );
}

/** The paths that are not files, with a note: in runs/*, there may be pictures that commands have written. */
function withoutFiles(paths: readonly string[]): string[] {
  const isFile = (path: string): boolean => exists(path) && !isFolder(path);
  const files = paths.filter(isFile);
  if (files.length > 0) {
    noteOnStderr(`left out ${fewNames(files)}: a model is a folder`);
  }
  return paths.filter((path) => !isFile(path));
}

/** The learning curve of a run; none, with a note, if its log is broken. */
async function readCurve({ paths }: LoadedRun): Promise<{ name: string; curve: LearningCurve }[]> {
  try {
    return [{ name: paths.directory, curve: readLearningCurve(await folderStore(paths).readMetrics()) }];
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    noteOnStderr(`no learning curve of ${paths.directory}: ${errorMessage(error)}`);
    process.exitCode = 1;
    return [];
  }
}

function comparisonTable(
  entries: readonly (Comparison & { run: string; step: number | undefined; bound: DequantisationName })[],
  unit: ResultUnit,
): string {
  return formatTable(
    ['RUN', right('STEP'), 'BOUND', right(unit.name.toUpperCase()), right('DIFFERENCE')],
    entries.map(({ run, step, bound, bitsPerDim, samplingError, difference, differenceError }, index) => [
      run,
      step === undefined ? '' : formatCount(step),
      bound,
      withError(unit, bitsPerDim, samplingError),
      index === 0 ? '' : differenceText(unit, difference, differenceError),
    ]),
  );
}

/** A result with its error, if it has one. */
function withError(unit: ResultUnit, bits: number, error: number | null): string {
  return `${unit.of(bits).toFixed(4)}${error === null ? '' : ` ± ${errorText(unit.of(error))}`}`;
}

/** The same for a difference, with its sign. */
function differenceText(unit: ResultUnit, difference: number, error: number | null): string {
  return `${difference > 0 ? '+' : ''}${withError(unit, difference, error)}`;
}

/** Says that models have trained for different numbers of steps. */
function noteSteps(entries: readonly { readonly run: string; readonly step: number | undefined }[]): void {
  const trained = entries.filter(({ step }) => step !== undefined);
  if (new Set(trained.map(({ step }) => step)).size > 1) {
    noteOnStderr(
      `steps differ, and with them training: ${trained.map(({ run, step }) => `${run} ${formatCount(step!)}`).join(', ')}; ` +
        '--step compares checkpoints after the same step',
    );
  }
}

/** The models grouped by all settings but the seed. */
async function seedGroups(
  models: readonly ComparedModel[],
  compared: readonly Comparison[],
): Promise<SeedGroup[]> {
  const measured = models.map(async ({ directory, run }, index) => ({
    run: directory,
    config: run?.config,
    changes: run ? changesIn(await folderStore(run.paths).readSummaryIfSound()) : [],
    bitsPerDim: compared[index]!.bitsPerDim,
  }));
  return groupBySeed(await Promise.all(measured));
}

/** The groups of several seeds, and what they say about others; with one seed each, only that. */
function groupsText(groups: readonly SeedGroup[], unit: ResultUnit): string {
  if (groups.every(({ seeds }) => seeds === null)) {
    return '';
  }
  if (groups.every(({ seeds }) => seeds === null || seeds.length === 1)) {
    return 'one seed each: other seeds may change differences by more; emerging study compares over seeds\n';
  }
  const table = formatTable(
    ['GROUP', right('SEEDS'), right(unit.name.toUpperCase()), right('DIFFERENCE'), right('PAIRED SEEDS')],
    groups.map(
      ({ name, seeds, bitsPerDim, interval, difference, differenceInterval, pairedSeeds }, index) => [
        name,
        seeds === null ? '-' : String(seeds.length),
        withError(unit, bitsPerDim, interval),
        index === 0 ? '' : differenceText(unit, difference, differenceInterval),
        index === 0 ? '' : String(pairedSeeds.length),
      ],
    ),
  );
  const copies = groups.flatMap(({ runs, seeds }) =>
    seeds !== null && runs.length > seeds.length
      ? [`${visibleText(runs.join(', '))}: only the first run of each seed counts\n`]
      : [],
  );
  return `\n${table}\n±: half of Student’s 95 % interval over seeds, on these images\n${copies.join('')}`;
}

/** One of the models that are compared. */
interface ComparedModel {
  /** The folder, as named by the user. */
  readonly directory: string;
  readonly trained: LoadedRun | TrainedModel;
  /** The same if it is a run; undefined for an export. */
  readonly run: LoadedRun | undefined;
}

/** A model with broken files. */
interface BrokenModel {
  readonly run: string;
  readonly problem: string;
}

/** The codes of errors in files. Others are mistakes in the command, such as a misspelt name. */
const fileErrors: readonly UserErrorCode[] = ['invalid-data', 'invalid-config', 'not-ready', 'io'];

/**
 * Loads the models to compare, and reports those with broken files if at least two others are left.
 *
 * @throws UserError if fewer than two are left, a name is wrong, or two models are the same or not comparable
 */
async function loadCompared(
  directories: readonly string[],
  choice: Parameters<typeof loadTrained>[1],
): Promise<{ models: ComparedModel[]; broken: BrokenModel[] }> {
  const models: ComparedModel[] = [];
  const failed: { readonly run: string; readonly error: UserError }[] = [];
  for (const directory of directories) {
    try {
      const trained = await loadTrained(directory, choice);
      models.push({ directory, trained, run: isRun(trained) ? trained : undefined });
    } catch (error) {
      if (!(error instanceof UserError && fileErrors.includes(error.code))) {
        throw error;
      }
      failed.push({ run: directory, error });
    }
  }
  if (models.length < 2 && failed.length > 0) {
    throw failed[0]!.error;
  }
  requireDifferent(models);
  for (const model of models) {
    requireComparable(models[0]!, model);
  }
  return { models, broken: failed.map(({ run, error }) => ({ run, problem: errorMessage(error) })) };
}

/** Refuses a model that is named twice: it does not differ from itself, and the plot needs distinct names. */
function requireDifferent(models: readonly ComparedModel[]): void {
  const seen = new Map<string, string>();
  for (const { directory, run } of models) {
    const folder = realpathSync(directory);
    const earlier = seen.get(folder);
    if (earlier !== undefined) {
      const kind = run ? 'run' : 'export';
      const names =
        earlier === directory
          ? `${earlier} is named twice`
          : `${earlier} and ${directory} are the same ${kind}`;
      throw new UserError('invalid-argument', `${names}: name different ${kind}s`);
    }
    seen.set(folder, directory);
  }
}

/** Refuses models whose bits/dim are not comparable: of images of another shape, or with other bits per pixel. */
function requireComparable(first: ComparedModel, second: ComparedModel): void {
  requireEqual(first.directory, second.directory, 'images', 'name models of the same kind of images', {
    'the image shape': [first, second].map(({ trained }) => showImageShape(trained.model.imageShape)),
    'model.continuous': [first, second].map(({ trained }) => String(trained.model.values.bits === undefined)),
    'model.bits': [first, second].map(({ trained }) => trained.model.values.bits ?? 'none'),
  });
}

/** Refuses runs that were trained on other data, unless images are named for both, or have held out another share. */
function requireSameData(first: LoadedRun, second: LoadedRun, split: Split, named: string | undefined): void {
  const data = [first, second].map(({ config }) => config.data);
  const folders = [first.paths.directory, second.paths.directory] as const;
  if (named === undefined) {
    const remedy = 'name images for both with --data';
    requireEqual(...folders, `${split} images`, remedy, { 'data.name': data.map(({ name }) => name) });
  }
  // The test images do not depend on it. With other shares, one has trained on images that the other has held out.
  if (split !== 'test') {
    const shares = data.map(({ validation }) => validation);
    // How many images `auto` holds out depends on the dataset: requireSameImages compares the images themselves.
    if (named !== undefined || !shares.includes('auto')) {
      requireEqual(...folders, `${split} images`, 'compare them on --split test', {
        'data.validation': shares,
      });
    }
  }
}

function requireEqual(
  first: string,
  second: string,
  images: string,
  remedy: string,
  values: Readonly<Record<string, readonly (string | number)[]>>,
): void {
  for (const [key, [firstValue, two]] of Object.entries(values)) {
    if (firstValue !== two) {
      throw new UserError(
        'invalid-argument',
        `${first} and ${second} cannot be compared on ${images}: ${key} is ${firstValue} in one and ${two} in the other; ${remedy}`,
      );
    }
  }
}

/** Refuses runs that were trained with other images, or held out other ones. */
async function requireSameImages(runs: readonly LoadedRun[], split: Split, images: ImageSet): Promise<void> {
  const [first] = runs as [LoadedRun];
  const isByName = async ({ paths }: LoadedRun): Promise<boolean> =>
    holdOutIn(await folderStore(paths).readImages())?.by === 'name';
  for (const run of runs) {
    const difference =
      split !== 'test' && (await isByName(run)) !== (await isByName(first))
        ? 'validation images were held out by name in one and by position in the other'
        : await differenceFromRun(run, split, images);
    if (difference !== undefined) {
      throw new UserError(
        'mismatch',
        `${first.paths.directory} and ${run.paths.directory} cannot be compared on ${split} images: ${difference}; ` +
          'name images for both with --data',
      );
    }
  }
}
