// `emerging compare`: compares runs on the same images and noise, and plots their learning curves.
import { realpathSync } from 'node:fs';
import type { Command } from 'commander';
import type { ImageSet } from '../../data/dataset.ts';
import type { Split } from '../../data/sources/splitOfName.ts';
import { releaseAfter } from '../../engine/resources.ts';
import { UserError } from '../../errors.ts';
import { type Comparison, compareModels } from '../../evaluation/measure/compareRuns.ts';
import { FlowModel } from '../../evaluation/model/flowModel.ts';
import { type LoadedRun, loadRun } from '../../evaluation/model/loadRun.ts';
import { errorText } from '../../evaluation/runs/errorText.ts';
import { curvePlot, readLearningCurve } from '../../evaluation/runs/learningCurve.ts';
import { plotPng } from '../../pictures/drawPlot.ts';
import { writeFileAtomically } from '../../storage/files.ts';
import { holdOutOf } from '../../training/run/dataRecord.ts';
import { visibleText } from '../../visibleText.ts';
import { addMeasureOptions, type MeasureOptions } from '../measureOptions.ts';
import { compileOptions } from '../options.ts';
import { requireWritablePng } from '../requireWritable.ts';
import { differenceFromRun, openRunImages } from '../runImages.ts';
import { drawOrNote } from '../terminal/drawOrNote.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

interface CompareCommandOptions extends MeasureOptions {
  readonly out: string;
}

/** Adds the command `compare` to the program. */
export function registerCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('compare the bits/dim of runs image by image, and plot their learning curves')
    .argument('<run...>', 'two or more run folders; the others are compared with the first')
    .option('--out <file>', 'the PNG for the learning curves', 'compare.png');
  addMeasureOptions(command, { split: 'validation', draws: 1 })
    .addHelpText(
      'after',
      '\nExample:\n  emerging compare runs/emerging runs/1x1 --out curves.png\n' +
        '\nAll runs see the same images with the same noise. The standard error of a difference is therefore computed\n' +
        'from the differences of single images, and is far smaller than those of the two values. A negative difference\n' +
        'is better than the first run.',
    )
    .action((runs: string[], options: CompareCommandOptions) => runCompare(runs, options));
}

async function runCompare(directories: readonly string[], options: CompareCommandOptions): Promise<void> {
  const { split, draws, weights, batch, seed, out, data } = options;
  if (directories.length < 2) {
    throw new UserError('invalid-argument', 'compare needs at least two runs; emerging runs lists them');
  }
  requireWritablePng(out);
  const engine = await compileOptions(options);
  const runs = directories.map((directory) => loadRun(directory, { weights, step: options.step }));
  requireDifferent(runs);
  const [first] = runs as [LoadedRun];
  for (const run of runs) {
    requireComparable(first, run, split);
  }
  const images = await openRunImages(first, { split, chosen: true, data });
  if (data === undefined) {
    await requireSameImages(runs, split, images);
  }
  const passes = runs.length * draws;
  const bar = createImageProgress({ label: 'comparing', images: images.count, passes });
  let compared: Comparison[];
  try {
    compared = await releaseAfter((keep) => {
      const models = runs.map((run) => keep(new FlowModel(run, { ...engine, batchSize: batch })));
      return compareModels(models, images, { draws, seed, onProgress: (done) => bar.update(done) });
    });
  } finally {
    bar.finish();
  }
  const plot = curvePlot(
    runs.map((run, index) => ({ name: directories[index]!, curve: readLearningCurve(run.paths) })),
    {
      title: 'Learning curves',
      subtitle: 'training batches light; validation images, average weights, with points',
    },
  );
  const drawn =
    plot &&
    (await drawOrNote(`learning curves in ${out}`, async () => {
      writeFileAtomically(out, await plotPng(plot));
      return out;
    }));
  if (plot !== null && drawn === null) {
    process.exitCode = 1;
  }
  const entries = compared.map((one, index) => ({
    run: directories[index]!,
    step: runs[index]!.step,
    ...one,
  }));
  const about = { split, images: images.count, draws, seed, weights, bits: first.config.model.bits };
  writeStdout(
    options.json
      ? `${JSON.stringify({ ...about, runs: entries, file: drawn })}\n`
      : `${tableOf(entries)}\n` +
          `on the same ${formatCount(images.count)} ${split} images with the same noise ` +
          `(${weights} weights, ${about.bits} bits, ${formatCounted(draws, 'draw')})\n` +
          `${drawn === null ? '' : `curves: ${visibleText(drawn)}\n`}`,
  );
}

/** Refuses a run that is named twice: it does not differ from itself, and the plot needs distinct names. */
function requireDifferent(runs: readonly LoadedRun[]): void {
  const seen = new Map<string, string>();
  for (const { paths } of runs) {
    const folder = realpathSync(paths.directory);
    const earlier = seen.get(folder);
    if (earlier !== undefined) {
      const names =
        earlier === paths.directory
          ? `${earlier} is named twice`
          : `${earlier} and ${paths.directory} are the same run`;
      throw new UserError('invalid-argument', `${names}: name different runs`);
    }
    seen.set(folder, paths.directory);
  }
}

/** Refuses runs whose bits/dim are not comparable: on different images, or with different bits per pixel. */
function requireComparable(first: LoadedRun, other: LoadedRun, split: Split): void {
  const keys = {
    'data.name': ({ config }: LoadedRun) => config.data.name,
    'model.bits': ({ config }: LoadedRun) => config.model.bits,
    // The test images do not depend on it.
    ...(split !== 'test' && { 'data.validation': ({ config }: LoadedRun) => config.data.validation }),
  };
  for (const [key, read] of Object.entries(keys)) {
    const [one, two] = [read(first), read(other)];
    if (one !== two) {
      throw new UserError(
        'invalid-argument',
        `${first.paths.directory} and ${other.paths.directory} cannot be compared on ${split} images: ` +
          `${key} is ${one} in one and ${two} in the other`,
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

function tableOf(entries: readonly (Comparison & { run: string; step: number })[]): string {
  const withError = (value: number, error: number | null, sign = ''): string =>
    `${sign}${value.toFixed(4)}${error === null ? '' : ` ± ${errorText(error)}`}`;
  return formatTable(
    [
      { title: 'RUN' },
      { title: 'STEP', align: 'right' },
      { title: 'BITS/DIM', align: 'right' },
      { title: 'DIFFERENCE', align: 'right' },
    ],
    entries.map(({ run, step, bitsPerDim, samplingError, difference, differenceError }, index) => [
      run,
      formatCount(step),
      withError(bitsPerDim, samplingError),
      index === 0 ? '' : withError(difference, differenceError, difference > 0 ? '+' : ''),
    ]),
  );
}
