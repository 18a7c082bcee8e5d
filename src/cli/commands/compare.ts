// `emerging compare`: compares models on the same images and noise, and plots the learning curves of runs.
import type { Command } from 'commander';
import { releaseAfter } from '../../engine/resources.ts';
import { UserError } from '../../errors.ts';
import { type Comparison, compareModels } from '../../evaluation/measure/compareRuns.ts';
import { curvePlot, type LearningCurve } from '../../evaluation/reports/curvePlot.ts';
import { errorText } from '../../evaluation/reports/errorText.ts';
import { learningCurveOf } from '../../evaluation/reports/learningCurve.ts';
import { type DequantisationName, dequantisationOf } from '../../models/dequantisation.ts';
import { valuesText } from '../../models/imageValues.ts';
import { type ResultUnit, unitOf } from '../../models/unit.ts';
import { plotPng } from '../../pictures/drawPlot.ts';
import { folderStore } from '../../runs/folder/folderStore.ts';
import type { LoadedRun } from '../../trained/loading/loadRun.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import { visibleText } from '../../visibleText.ts';
import {
  type ComparedModel,
  loadCompared,
  requireSameData,
  requireSameImages,
} from '../parts/comparedModels.ts';
import { noteImplausible } from '../parts/implausible.ts';
import { addMeasureOptions, type MeasureOptions } from '../parts/measureOptions.ts';
import { noteLargeImages } from '../parts/modelOptions.ts';
import { compileOptions } from '../parts/options.ts';
import { besideModel, outputPng } from '../parts/outputFile.ts';
import { requireNoInput, runInputs } from '../parts/protectedFiles.ts';
import { openImagesOf } from '../parts/runImages.ts';
import { drawOrNote } from '../terminal/drawOrNote.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { messageOf } from '../terminal/wording.ts';

interface CompareCommandOptions extends MeasureOptions {
  readonly out?: string;
}

/** Adds the arguments and options of `compare`, and what it does. */
export function registerCompare(command: Command): void {
  command
    .argument(
      '<run...>',
      'two or more run folders or exported models; the others are compared with the first',
    )
    .option('--out <file>', 'the PNG for the learning curves (default: compare.png beside the first run)');
  addMeasureOptions(command, { split: 'validation', draws: 1 })
    .addHelpText(
      'after',
      '\nExample:\n  emerging compare runs/emerging runs/1x1 --out curves.png\n' +
        '\nAll models see the same images with the same noise. Standard errors of differences are computed from\n' +
        'differences per image, so they are far smaller than the errors of the two values. A negative difference\n' +
        'means better than the first model. Exports need --data, and have no curves.',
    )
    .action((runs: string[], options: CompareCommandOptions) => runCompare(runs, options));
}

async function runCompare(directories: readonly string[], options: CompareCommandOptions): Promise<void> {
  const { split, draws, weights, batch, seed, data } = options;
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
  // An export cannot do without a name; a run knows which share of the training images is held out.
  const source = (data === undefined && exported) || models.find(({ run }) => run) || first;
  const images = await openImagesOf(source.trained, source.directory, { split, chosen: true, data });
  if (data === undefined) {
    await requireSameImages(runs, split, images);
  }
  const unit = unitOf(first.trained.model.options);
  const passes = models.length * draws;
  const bar = createImageProgress({ label: 'comparing', images: images.count, passes });
  let compared: Comparison[];
  try {
    compared = await releaseAfter((keep) => {
      const flows = models.map(({ trained }) =>
        keep(new FlowModel(trained, { ...engine, ...noteLargeImages, batchSize: batch })),
      );
      return compareModels(flows, images, { draws, seed, onProgress: (done) => bar.update(done) });
    });
  } finally {
    bar.finish();
  }
  const curves = await Promise.all(runs.map(curveOf));
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
  const entries = compared.map((one, index) => ({
    run: models[index]!.directory,
    step: models[index]!.trained.step,
    bound: dequantisationOf(models[index]!.trained.model.options),
    ...one,
  }));
  const kinds = [...new Set(models.map(({ trained }) => trained.weights ?? 'unknown'))].join(' and ');
  const { bits } = first.trained.model.values;
  const about = { split, images: images.count, draws, seed, weights: kinds, bits };
  for (const { run, bitsPerDim } of entries) {
    noteImplausible([bitsPerDim], { what: `mean of ${run}`, bits, directory: run });
  }
  writeStdout(
    options.json
      ? `${JSON.stringify({ ...about, runs: entries.map((entry) => unit.record(entry)), ...(broken.length > 0 && { broken }), file: drawn })}\n`
      : `${tableOf(entries, unit)}\n` +
          `on the same ${formatCount(images.count)} ${split} images with the same noise ` +
          `(${kinds} weights, ${valuesText(bits)}, ${formatCounted(draws, 'draw')})\n` +
          `${drawn === null ? '' : `curves: ${visibleText(drawn)}\n`}` +
          broken.map(({ run, problem }) => `${visibleText(`not compared: ${run}: ${problem}`)}\n`).join(''),
  );
}

/** The learning curve of a run; none, with a note, if its log is broken. */
async function curveOf({ paths }: LoadedRun): Promise<{ name: string; curve: LearningCurve }[]> {
  try {
    return [{ name: paths.directory, curve: learningCurveOf(await folderStore(paths).readMetrics()) }];
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    noteOnStderr(`no learning curve of ${paths.directory}: ${messageOf(error)}`);
    process.exitCode = 1;
    return [];
  }
}

function tableOf(
  entries: readonly (Comparison & { run: string; step: number | undefined; bound: DequantisationName })[],
  unit: ResultUnit,
): string {
  const withError = (value: number, error: number | null, sign = ''): string =>
    `${sign}${unit.of(value).toFixed(4)}${error === null ? '' : ` ± ${errorText(unit.of(error))}`}`;
  return formatTable(
    [
      { title: 'RUN' },
      { title: 'STEP', align: 'right' },
      { title: 'BOUND' },
      { title: unit.name.toUpperCase(), align: 'right' },
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
