// `emerging score`: scores how unusual images are under a model.

import type { Command } from 'commander';
import type { Ranks } from '../../cluster/ranks.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { imageFormats } from '../../data/formats/imageDecoding.ts';
import { type Keep, releaseAfter } from '../../engine/resources.ts';
import { UserError } from '../../errors.ts';
import { type Score, score } from '../../evaluation/measure/score.ts';
import { dimensionsOf, type ImageShape } from '../../numeric/imageShape.ts';
import { contactSheet, requireDrawable } from '../../pictures/contactSheet.ts';
import { sha256 } from '../../platform/sha256.node.ts';
import { stringifyJson } from '../../storage/jsonText.ts';
import { requireNewFolder } from '../../storage/newFolder.ts';
import type { LoadedRun } from '../../trained/loading/loadRun.ts';
import { isRun, loadTrained } from '../../trained/loading/loadTrained.ts';
import { FlowModel } from '../../trained/model/flowModel.ts';
import type { ReferenceScores } from '../../trained/model/referenceScores.ts';
import type { TrainedModel } from '../../trained/model/trainedModel.ts';
import { visibleText } from '../../visibleText.ts';
import { addImageOptions, type ImageOptions, readImages, reportSkipped } from '../parts/imageInput.ts';
import { addModelOptions, type ModelOptions } from '../parts/modelOptions.ts';
import { stepText, wholeNumber } from '../parts/options.ts';
import { outputFile, outputPng } from '../parts/outputFile.ts';
import { FEW_IMAGES, openNamedImages } from '../parts/runImages.ts';
import { type Maps, mapsText, writeMaps } from '../parts/scoreMaps.ts';
import { measureWithProgress, referenceScores, scoreDefaults } from '../ranks/measuredScores.ts';
import { compileOptionsOf, onRanks } from '../ranks/onRanks.ts';
import { openSame, requireSameInputs } from '../ranks/sameInputs.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { createImageProgress } from '../terminal/imageProgress.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

/** How many images are printed and shown: no more than one would look through. */
const LINES = 20;
const PICTURES = 100;

interface ScoreCommandOptions extends ModelOptions, ImageOptions {
  readonly draws?: number;
  readonly seed?: number;
  readonly reference?: string;
  readonly out?: string;
  readonly sheet?: string;
  readonly map?: string;
  readonly json?: true;
}

/** The score of a file, as stored, by its path from the working directory. */
interface FileScore extends Omit<Score, 'index'> {
  readonly file: string;
}

/** Adds the command `score` to the program. */
export function registerScore(program: Command): void {
  const command = program
    .command('score')
    .description('score how unusual images are, by comparing their bits/dim with the validation images')
    .argument('<run>', 'a run folder, or an exported model')
    .argument('[images...]', `${imageFormats} files, or folders of them`)
    .option(
      '--draws <k>',
      `dequantisation draws per image (default: ${scoreDefaults.draws}, or as in the export)`,
      wholeNumber(1),
    )
    .option(
      '--seed <n>',
      `random seed of the noise (default: ${scoreDefaults.seed}, or as in the export)`,
      wholeNumber(0),
    )
    .option(
      '--reference <name|path>',
      'the dataset of the validation images (default: the training dataset of the run)',
    )
    .option('--out <file>', 'write all scores to a .csv or .json file, the oddest first')
    .option('--sheet <file>', `write a PNG of the ${PICTURES} oddest images, row by row`)
    .option(
      '--map <dir>',
      'a new or empty folder for one PNG per image: the image beside a map of its bits/dim',
    )
    .option('--json', 'print the result as JSON on stdout');
  addModelOptions(addImageOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  emerging score runs/quickstart photos --resize --out scores.csv --sheet oddest.png\n' +
        '\nThe percentile is the share of validation images with lower bits/dim: 0 is simpler than all of them, 100 more\n' +
        'complex. Both count as odd: a flow can give simple images a higher likelihood than its training images.\n' +
        "\nWith classes, bits/dim measure p(x) over all classes. Each image gets its most probable class by Bayes' rule,\n" +
        'with equally likely classes; --out writes the probability of every class.\n' +
        '\nThe mean of a map is the bits/dim of its image: dark pixels need few bits, bright ones many. All maps share one\n' +
        'colour scale, from the lowest to the highest bits of a typical image.\n' +
        '\nmpirun -n 4 emerging score divides the images among four processes: docs/machines.md',
    )
    .action((run: string, images: string[], options: ScoreCommandOptions) =>
      onRanks((ranks) => releaseAfter((keep) => runScore(keep, run, images, options, ranks))),
    );
}

async function runScore(
  keep: Keep,
  directory: string,
  paths: readonly string[],
  options: ScoreCommandOptions,
  ranks: Ranks,
): Promise<void> {
  const { out, sheet, map: mapFolder, step } = options;
  const format = out === undefined ? undefined : formatOf(out);
  const list = out !== undefined && ranks.rank === 0 ? outputFile(out) : undefined;
  const picture = sheet !== undefined && ranks.rank === 0 ? outputPng(sheet) : undefined;
  if (mapFolder !== undefined && ranks.rank === 0) {
    requireNewFolder(mapFolder);
  }
  const engine = await compileOptionsOf(ranks, options);
  const { source, model, read } = await requireSameInputs(ranks, async () => {
    const source = await loadTrained(directory, { step });
    const model = keep(new FlowModel(source, engine));
    if (mapFolder !== undefined) {
      requireDrawable(1, model);
    }
    const read = await readImages(paths, model.imageShape, options);
    const checksums = ranks.size === 1 ? {} : { model: model.fingerprint, images: sha256([read.pixels]) };
    return { source, model, read, checksums };
  });
  const { imageShape } = model;
  const { names, paths: files = names, pixels, skipped } = read;
  const reference = await referenceOf(source, model, directory, options, ranks);
  const { draws = reference.draws, seed = reference.seed } = options;
  const bar = createImageProgress({ label: 'scoring', images: names.length, passes: draws });
  let scores: Score[];
  try {
    const onProgress = (done: number): void => bar.update(done);
    const how = { draws, seed, ranks, onProgress };
    scores = await score(model, imagesInMemory(pixels, imageShape), reference, how);
  } finally {
    bar.finish();
  }
  if (ranks.rank > 0) {
    return;
  }
  const maps =
    mapFolder === undefined
      ? undefined
      : await writeMaps(model, { names, pixels, folder: mapFolder, draws, seed });
  const images = scores.map(({ index, ...rest }): FileScore => ({ file: files[index]!, ...rest }));
  const report = {
    step: model.step,
    images,
    draws,
    seed,
    weights: 'average',
    bits: model.bits,
    reference: {
      data: reference.data,
      split: 'validation',
      images: reference.bitsPerDim.length,
      draws: reference.draws,
      seed: reference.seed,
    },
    skipped,
    ...(maps && { maps }),
  };
  list?.write(format === 'csv' ? csv(images) : `${stringifyJson(report, 2)}\n`);
  picture?.write(sheetOf(scores, pixels, imageShape));
  writeStdout(
    options.json ? `${JSON.stringify(report)}\n` : text(report, stepText(model.step, options), out, sheet),
  );
  if (reference.bitsPerDim.length < FEW_IMAGES) {
    noteOnStderr(
      `only ${formatCounted(reference.bitsPerDim.length, 'validation image')} to compare with: percentiles and oddness are approximate; ` +
        'name more with --reference',
    );
  }
  reportSkipped(skipped);
}

/** The scores of the validation images: those that an export or a run knows, or of another dataset. */
async function referenceOf(
  source: LoadedRun | TrainedModel,
  model: FlowModel,
  directory: string,
  options: ScoreCommandOptions,
  ranks: Ranks,
): Promise<ReferenceScores> {
  const { draws, seed, reference: data } = { ...scoreDefaults, ...options };
  const run = isRun(source) ? source : undefined;
  if (data !== undefined) {
    const validation = run?.config.data.validation;
    const wanted = {
      split: 'validation',
      chosen: false,
      data,
      ...(validation !== undefined && { validation }),
    } as const;
    const images = await openSame(ranks, () => openNamedImages(source, wanted));
    return measureWithProgress(model, images, { data, draws, seed }, ranks);
  }
  if (run !== undefined) {
    return { ...(await referenceScores(run, model, { draws, seed }, ranks)), data: run.config.data.name };
  }
  const scores = source.scores?.(model.fingerprint);
  if (scores === undefined) {
    throw new UserError(
      'not-ready',
      `${directory} has no scores of validation images: export its run again, or name a dataset with --reference`,
    );
  }
  return scores;
}

function formatOf(path: string): 'csv' | 'json' {
  const format = /\.(csv|json)$/i.exec(path)?.[1]?.toLowerCase();
  if (format !== 'csv' && format !== 'json') {
    throw new UserError(
      'invalid-argument',
      `--out ${path}: scores are written as .csv or .json; give the file one of these endings`,
    );
  }
  return format;
}

function csv(images: readonly FileScore[]): string {
  const rows = images.map(({ file, bitsPerDim, standardError, percentile, oddness, classes }) =>
    [
      csvText(file),
      bitsPerDim,
      standardError ?? '',
      percentile,
      oddness,
      ...(classes ? [csvText(classes.class), ...Object.values(classes.probabilities)] : []),
    ].join(','),
  );
  const names = Object.keys(images[0]?.classes?.probabilities ?? {});
  const titles = names.length === 0 ? [] : ['class', ...names.map((name) => csvText(`p(${name})`))];
  return [
    ['file', 'bitsPerDim', 'standardError', 'percentile', 'oddness', ...titles].join(','),
    ...rows,
    '',
  ].join('\n');
}

/**
 * A text as a CSV field on one line: quoted if necessary, its control and bidirectional characters escaped, and marked
 * as text where a spreadsheet would take it for a formula.
 */
function csvText(text: string): string {
  const visible = visibleText(text);
  const isFormula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(visible) && !Number.isFinite(Number(visible));
  const shown = isFormula ? `'${visible}` : visible;
  // Some spreadsheets separate fields at semicolons.
  return /[",;]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

function sheetOf(scores: readonly Score[], pixels: Uint8Array, imageShape: ImageShape): Uint8Array {
  const size = dimensionsOf(imageShape);
  const shown = scores.slice(0, PICTURES);
  const images = new Uint8Array(shown.length * size);
  shown.forEach(({ index }, place) => {
    images.set(pixels.subarray(index * size, (index + 1) * size), place * size);
  });
  return contactSheet(images, { imageShape });
}

interface Report {
  readonly images: readonly FileScore[];
  readonly draws: number;
  readonly reference: { readonly data: string; readonly images: number };
  readonly maps?: Maps;
}

function text(
  { images, draws, reference, maps }: Report,
  step: string,
  ...files: (string | undefined)[]
): string {
  const hasClasses = images[0]?.classes !== undefined;
  const table = formatTable(
    [
      { title: 'IMAGE' },
      { title: 'BITS/DIM', align: 'right' },
      { title: '±', align: 'right' },
      { title: 'PERCENTILE', align: 'right' },
      { title: 'ODDNESS', align: 'right' },
      ...(hasClasses ? [{ title: 'CLASS' }, { title: 'PROBABILITY', align: 'right' } as const] : []),
    ],
    images
      .slice(0, LINES)
      .map(({ file, bitsPerDim, standardError, percentile, oddness, classes }) => [
        file,
        bitsPerDim.toFixed(3),
        standardError?.toFixed(3) ?? '',
        percentile.toFixed(1),
        oddness.toFixed(2),
        ...(classes ? [classes.class, classes.probability.toFixed(3)] : []),
      ]),
  );
  const more = images.length - LINES;
  const rest =
    more > 0 ? `and ${formatCount(more)} more with lower oddness; use --out FILE.csv for all\n` : '';
  const about =
    `${formatCounted(images.length, 'image')} compared with ${formatCounted(reference.images, 'validation image')} of ` +
    `${visibleText(reference.data)}; ${formatCounted(draws, 'draw')}, average weights${step}\n`;
  const written = files.filter((file) => file !== undefined).map((file) => `${visibleText(file)}\n`);
  return `${table}\n${rest}${about}${written.join('')}${maps ? mapsText(maps) : ''}`;
}
