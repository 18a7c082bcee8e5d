// `emerging compare`: compares models on the same images and noise, and plots the learning curves of runs.
import { realpathSync } from 'node:fs';
import type { Command } from 'commander';
import type { ImageSet } from '../../data/dataset.ts';
import type { Split } from '../../data/sources/splitOfName.ts';
import { releaseAfter } from '../../engine/resources.ts';
import { UserError, type UserErrorCode } from '../../errors.ts';
import { type Comparison, compareModels } from '../../evaluation/measure/compareRuns.ts';
import { FlowModel } from '../../evaluation/model/flowModel.ts';
import type { LoadedRun } from '../../evaluation/model/loadRun.ts';
import { isRun, loadTrained } from '../../evaluation/model/loadTrained.ts';
import type { TrainedModel } from '../../evaluation/model/trainedModel.ts';
import { errorText } from '../../evaluation/runs/errorText.ts';
import { curvePlot, type LearningCurve, readLearningCurve } from '../../evaluation/runs/learningCurve.ts';
import { boundOf, type DequantisationName } from '../../models/dequantisation.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import { plotPng } from '../../pictures/drawPlot.ts';
import { holdOutOf } from '../../training/folder/dataRecordFile.ts';
import { visibleText } from '../../visibleText.ts';
import { addMeasureOptions, type MeasureOptions } from '../measureOptions.ts';
import { compileOptions } from '../options.ts';
import { outputPng } from '../outputFile.ts';
import { differenceFromRun, openImagesOf } from '../runImages.ts';
import { drawOrNote } from '../terminal/drawOrNote.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { messageOf } from '../terminal/wording.ts';

interface CompareCommandOptions extends MeasureOptions {
  readonly out?: string;
}

/** Adds the command `compare` to the program. */
export function registerCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('compare the bits/dim of models image by image, and plot the learning curves of runs')
    .argument(
      '<run...>',
      'two or more run folders or exported models; the others are compared with the first',
    )
    .option('--out <file>', 'the PNG for the learning curves (default: compare.png)');
  addMeasureOptions(command, { split: 'validation', draws: 1 })
    .addHelpText(
      'after',
      '\nExample:\n  emerging compare runs/emerging runs/1x1 --out curves.png\n' +
        '\nAll models see the same images with the same noise. The standard error of a difference is therefore computed\n' +
        'from the differences of single images, and is far smaller than those of the two values. A negative difference\n' +
        'is better than the first model. Exports need --data, and have no curves.',
    )
    .action((runs: string[], options: CompareCommandOptions) => runCompare(runs, options));
}

async function runCompare(directories: readonly string[], options: CompareCommandOptions): Promise<void> {
  const { split, draws, weights, batch, seed, data } = options;
  if (directories.length < 2) {
    throw new UserError('invalid-argument', 'compare needs at least two models; emerging runs lists runs');
  }
  const output = outputPng(options.out ?? { byDefault: 'compare.png' });
  const engine = await compileOptions(options);
  const { models, broken } = await loadAll(directories, { weights, step: options.step });
  requireDifferent(models);
  const [first] = models as [ComparedModel];
  for (const model of models) {
    requireComparable(first, model);
  }
  const runs = models.flatMap(({ run }) => run ?? []);
  for (const run of runs) {
    requireSameData(runs[0]!, run, split, data);
  }
  const exported = models.find(({ run }) => run === undefined);
  // An export cannot do without a name; a run knows which share of the training images is held out.
  const source = (data === undefined && exported) || models.find(({ run }) => run) || first;
  const images = await openImagesOf(source.trained, source.directory, { split, chosen: true, data });
  if (data === undefined) {
    await requireSameImages(runs, split, images);
  }
  const passes = models.length * draws;
  const bar = createImageProgress({ label: 'comparing', images: images.count, passes });
  let compared: Comparison[];
  try {
    compared = await releaseAfter((keep) => {
      const flows = models.map(({ trained }) =>
        keep(new FlowModel(trained, { ...engine, batchSize: batch })),
      );
      return compareModels(flows, images, { draws, seed, onProgress: (done) => bar.update(done) });
    });
  } finally {
    bar.finish();
  }
  const plot = curvePlot(runs.flatMap(curveOf), {
    title: 'Learning curves',
    subtitle: 'training batches light; validation images, average weights, with points',
  });
  const drawn =
    plot &&
    (await drawOrNote(`learning curves in ${output.path}`, async () => {
      output.write(await plotPng(plot));
      return output.path;
    }));
  if ((plot !== null && drawn === null) || broken.length > 0) {
    process.exitCode = 1;
  }
  const entries = compared.map((one, index) => ({
    run: models[index]!.directory,
    step: models[index]!.trained.step,
    bound: boundOf(models[index]!.trained.model.options),
    ...one,
  }));
  const kinds = [...new Set(models.map(({ trained }) => trained.weights ?? 'unknown'))].join(' and ');
  const { bits } = first.trained.model.options;
  const about = { split, images: images.count, draws, seed, weights: kinds, bits };
  writeStdout(
    options.json
      ? `${JSON.stringify({ ...about, runs: entries, ...(broken.length > 0 && { broken }), file: drawn })}\n`
      : `${tableOf(entries)}\n` +
          `on the same ${formatCount(images.count)} ${split} images with the same noise ` +
          `(${kinds} weights, ${bits} bits, ${formatCounted(draws, 'draw')})\n` +
          `${drawn === null ? '' : `curves: ${visibleText(drawn)}\n`}` +
          broken.map(({ run, problem }) => `${visibleText(`not compared: ${run}: ${problem}`)}\n`).join(''),
  );
}

/** A model that cannot be compared, and why. */
interface BrokenModel {
  readonly run: string;
  readonly problem: string;
}

/** What a file can be wrong with; other errors are of the command, such as a misspelt name. */
const ofFiles: readonly UserErrorCode[] = ['invalid-data', 'invalid-config', 'not-ready', 'io'];

/**
 * Loads the models. One whose files are broken does not hide the others if two are left.
 *
 * @throws UserError if not, or if a name is wrong
 */
async function loadAll(
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
      if (!(error instanceof UserError && ofFiles.includes(error.code))) {
        throw error;
      }
      failed.push({ run: directory, error });
    }
  }
  if (models.length < 2 && failed.length > 0) {
    throw failed[0]!.error;
  }
  return { models, broken: failed.map(({ run, error }) => ({ run, problem: messageOf(error) })) };
}

/** The learning curve of a run; a log that is broken costs only the curve. */
function curveOf({ paths }: LoadedRun): { name: string; curve: LearningCurve }[] {
  try {
    return [{ name: paths.directory, curve: readLearningCurve(paths) }];
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    noteOnStderr(`no learning curve of ${paths.directory}: ${messageOf(error)}`);
    process.exitCode = 1;
    return [];
  }
}

/** One of the models that are compared. */
interface ComparedModel {
  /** The folder, as named by the user. */
  readonly directory: string;
  readonly trained: LoadedRun | TrainedModel;
  /** The same if it is a run; undefined for an export. */
  readonly run: LoadedRun | undefined;
}

/** Refuses a model that is named twice: it does not differ from itself, and the plot needs distinct names. */
function requireDifferent(models: readonly ComparedModel[]): void {
  const seen = new Map<string, string>();
  for (const { directory, run } of models) {
    const folder = realpathSync(directory);
    const earlier = seen.get(folder);
    if (earlier !== undefined) {
      const what = run ? 'run' : 'export';
      const names =
        earlier === directory
          ? `${earlier} is named twice`
          : `${earlier} and ${directory} are the same ${what}`;
      throw new UserError('invalid-argument', `${names}: name different ${what}s`);
    }
    seen.set(folder, directory);
  }
}

/** Refuses models whose bits/dim are not comparable: of images of another shape, or with other bits per pixel. */
function requireComparable(first: ComparedModel, other: ComparedModel): void {
  requireEqual(first.directory, other.directory, 'images', {
    'the image shape': [first, other].map(({ trained }) => showImageShape(trained.model.imageShape)),
    'model.bits': [first, other].map(({ trained }) => trained.model.options.bits),
  });
}

/** Refuses runs that were trained on other data, unless images are named for both, or have held out another share. */
function requireSameData(first: LoadedRun, other: LoadedRun, split: Split, named: string | undefined): void {
  const data = [first, other].map(({ config }) => config.data);
  requireEqual(first.paths.directory, other.paths.directory, `${split} images`, {
    ...(named === undefined && { 'data.name': data.map(({ name }) => name) }),
    // The test images do not depend on it. With other shares, one has trained on images that the other has held out.
    ...(split !== 'test' && { 'data.validation': data.map(({ validation }) => validation) }),
  });
}

function requireEqual(
  first: string,
  other: string,
  images: string,
  values: Readonly<Record<string, readonly (string | number)[]>>,
): void {
  for (const [key, [one, two]] of Object.entries(values)) {
    if (one !== two) {
      throw new UserError(
        'invalid-argument',
        `${first} and ${other} cannot be compared on ${images}: ${key} is ${one} in one and ${two} in the other`,
      );
    }
  }
}

/** Refuses runs that were trained with other images, or held out other ones. */
async function requireSameImages(runs: readonly LoadedRun[], split: Split, images: ImageSet): Promise<void> {
  const [first] = runs as [LoadedRun];
  const isByName = ({ paths }: LoadedRun): boolean => holdOutOf(paths)?.by === 'name';
  for (const run of runs) {
    const difference =
      split !== 'test' && isByName(run) !== isByName(first)
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

function tableOf(
  entries: readonly (Comparison & { run: string; step: number | undefined; bound: DequantisationName })[],
): string {
  const withError = (value: number, error: number | null, sign = ''): string =>
    `${sign}${value.toFixed(4)}${error === null ? '' : ` ± ${errorText(error)}`}`;
  return formatTable(
    [
      { title: 'RUN' },
      { title: 'STEP', align: 'right' },
      { title: 'BOUND' },
      { title: 'BITS/DIM', align: 'right' },
      { title: 'DIFFERENCE', align: 'right' },
    ],
    entries.map(({ run, step, bound, bitsPerDim, samplingError, difference, differenceError }, index) => [
      run,
      step === undefined ? '' : formatCount(step),
      bound,
      withError(bitsPerDim, samplingError),
      index === 0 ? '' : withError(difference, differenceError, difference > 0 ? '+' : ''),
    ]),
  );
}
