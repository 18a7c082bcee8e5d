// `emerging datasets prepare`: decodes a dataset once, into a packed file that training reads at full speed.
import { existsSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { showImageShape, timesHalved } from '../../../core/numeric/index.ts';
import { datasets as knownDatasets, type PreparedDataset, prepareDataset } from '../../../data/index.node.ts';
import {
  imageBytesIn,
  packedFile,
  readPackedHeader,
  totalCount,
  verifyPackedFile,
} from '../../../data/packed/packedFile.ts';
import { type Crop, crops } from '../../../data/pixels/index.ts';
import { presetForOwnImages } from '../../../runs/settings/presets.ts';
import { resolveConfig } from '../../../runs/settings/yaml.ts';
import { reportSkipped } from '../parts/imageInput.ts';
import { numberThat, parseChoice, wholeNumber } from '../parts/options.ts';
import { requireNoModelFile } from '../parts/protectedFiles.ts';
import { formatBytes, formatCount, formatCounted, notesText } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { writeStdout } from '../terminal/output.ts';
import { createProgress, type Progress, withImageProgress } from '../terminal/progress.ts';
import { shellWord } from '../terminal/wording.ts';
import { DEFAULT_PRESET } from '../training/preparedRun.ts';

type PackedHeader = PreparedDataset['header'];

interface DatasetsPrepareOptions {
  readonly size?: number;
  readonly crop: Crop;
  readonly channels?: 1 | 3;
  readonly bits?: 8 | 16;
  readonly validation?: number;
  readonly leastDeviation?: number;
  readonly unique?: true;
  readonly limit?: number;
  readonly out?: string;
  readonly skipDamaged?: true;
  readonly verify?: true;
  readonly json?: true;
}

/** Adds the command `datasets prepare`. */
export function registerDatasetsPrepare(datasets: Command): void {
  const cropNames = Object.keys(crops) as Crop[];
  datasets
    .command('prepare')
    .description('decode a dataset into a file of images of the same size, for train --data FILE')
    .argument('<name|path>', 'a dataset, or a folder or archive of images')
    .option(
      '--size <n>',
      'height and width of the images (default for a built-in dataset: its own)',
      wholeNumber(1),
    )
    .option(
      '--crop <name>',
      `how images are cropped: ${cropNames.join(', ')}`,
      parseChoice('crop', cropNames),
      'center',
    )
    .option(
      '--channels <n>',
      '1 for grey, 3 for colour (default: 3; for a built-in dataset: its own)',
      channelCount,
    )
    .option('--bits <n>', '16 keeps images of 16 bits unchanged (default: 8, which rounds them)', bitCount)
    .option(
      '--validation <share>',
      'with --crop tiles: the share of the training images held out for validation (default: 0.05)',
      numberBelow(1),
    )
    .option(
      '--least-deviation <x>',
      'with --crop tiles: skip tiles whose pixel values (0 to 255) have a lower standard deviation (default: 1)',
      numberBelow(128),
    )
    .option('--unique', 'skip duplicates of earlier images, in any split')
    .option(
      '--limit <n>',
      'the first n training images, and the same share of the others (default: all)',
      wholeNumber(1),
    )
    .option(
      '--out <file>',
      'the file to write, compressed if it ends in .gz (default: data/NAME-SIZE.images; for a built-in dataset: data/NAME.images)',
    )
    .option('--skip-damaged', 'exit with 0 even if images are corrupt')
    .option('--verify', 'verify the checksum of a prepared file instead')
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText(
      'after',
      `\nCrops:\n${cropNames.map((name) => `  ${name.padEnd(8)}${crops[name]}`).join('\n')}\n` +
        '\nCorrupt images are reported and skipped, and the exit code is then 1; with --skip-damaged it is 0.\n' +
        'With --crop tiles, tiles of nearly one colour are skipped, and all tiles of an image go to the same split.\n' +
        '\nExample:\n  emerging datasets prepare photos --size 32 --out photos-32.images',
    )
    .action((nameOrPath: string, options: DatasetsPrepareOptions) =>
      options.verify ? verify(nameOrPath, options) : runPrepare(nameOrPath, options),
    );
}

/** Refuses options for tiles if images are not cut into tiles. */
function requireTilesFor({ crop, validation, leastDeviation }: DatasetsPrepareOptions): void {
  if (crop !== 'tiles' && (validation ?? leastDeviation) !== undefined) {
    throw new UserError(
      'invalid-argument',
      validation === undefined
        ? '--least-deviation is for --crop tiles: add it, or leave --least-deviation out'
        : '--validation is for --crop tiles: add it, or leave --validation out, since train holds images out (data.validation)',
    );
  }
}

async function runPrepare(nameOrPath: string, options: DatasetsPrepareOptions): Promise<void> {
  requireTilesFor(options);
  if (options.out !== undefined) {
    requireNoModelFile(options.out);
  }
  let bar: Progress | undefined;
  const prepared = await untilInterrupted(
    () => bar?.note('stopping; no file is written'),
    (signal) =>
      prepareDataset(nameOrPath, {
        ...options,
        signal,
        onProgress(pictures, total) {
          bar ??= createProgress({ label: 'preparing', total, unit: 'images' });
          if (pictures > 0) {
            bar.update(pictures);
          }
        },
        onDamaged: (reason) => bar?.note(`skipped: ${reason}`),
        onWarning: (warning) => bar?.note(`warning: ${warning}`),
      }),
  ).finally(() => bar?.finish());
  if (!prepared) {
    return;
  }
  const { file, name, header, damaged } = prepared;
  const closing = [
    levelsText(header),
    ...(timesHalved(header.imageShape[0]) > 0 ? trainingLines(name, header) : []),
  ];
  printPrepared(file, header, { skipped: damaged, closing, json: options.json });
  if (!options.skipDamaged) {
    reportSkipped(damaged);
  }
}

async function verify(path: string, { json }: DatasetsPrepareOptions): Promise<void> {
  if (!existsSync(path) || !(await packedFile.recognises(path))) {
    throw new UserError(
      'invalid-argument',
      `${path} is not a file of prepared images: name one that emerging datasets prepare has written`,
    );
  }
  const total = totalCount(readPackedHeader(path));
  const header = await withImageProgress('verifying', total, (onProgress) =>
    verifyPackedFile(path, (images) => onProgress(images, total)),
  );
  printPrepared(path, header, { skipped: [], closing: ['the checksum matches'], json });
}

/** The time budget of the recommended training. */
const MINUTES = 30;

/** Up to this many steps, a preset's epochs are recommended unchanged: on so few images, more would memorise them. */
const FEW_STEPS = 5000;

/** The command that trains on these images, and how long it takes. */
function trainingLines(name: string, { imageShape, counts, values }: PackedHeader): string[] {
  const ownPreset = knownDatasets.some((dataset) => dataset.name === name)
    ? undefined
    : presetForOwnImages(imageShape, counts.train);
  const preset = ownPreset?.name ?? DEFAULT_PRESET;
  const { model, training } = resolveConfig({ preset });
  const { steps, epochs = 0, batchSize } = training;
  const levels = timesHalved(imageShape[0]);
  const command = [
    'emerging train',
    ...(ownPreset === undefined ? [] : [`--preset ${ownPreset.name}`]),
    `--data ${shellWord(name)}`,
    ...(levels < model.levels ? [`--set model.levels=${levels}`] : []),
    ...(values === 'float32' ? ['--set model.continuous=true'] : []),
  ].join(' ');
  const totalSteps = steps ?? epochs * Math.ceil(counts.train / batchSize);
  const length = steps === undefined ? `${epochs} epochs` : formatCounted(steps, 'step');
  return steps === undefined && totalSteps <= FEW_STEPS
    ? [`to train: ${command}`, `this takes the ${length} of ${preset}: ${formatCounted(totalSteps, 'step')}`]
    : [
        `to train: ${command} --minutes ${MINUTES}`,
        `without --minutes, it takes the ${length} of ${preset}${totalSteps > FEW_STEPS ? ', which may take hours' : ''}`,
      ];
}

/** Which depths the images allow: each level of a model halves their sides. */
function levelsText({ imageShape: [size] }: PackedHeader): string {
  const levels = timesHalved(size);
  return levels === 0
    ? `no model takes images with an odd side of ${size}, since each of its levels halves them: use --size ${size + 1}, or ` +
        'a multiple of 4 or 8 for more levels'
    : `at this size, models can have up to ${formatCounted(levels, 'level')} (model.levels)`;
}

function channelCount(text: string): 1 | 3 {
  if (text !== '1' && text !== '3') {
    throw new InvalidArgumentError('It must be 1 (grey) or 3 (colour).');
  }
  return Number(text) as 1 | 3;
}

function bitCount(text: string): 8 | 16 {
  if (text !== '8' && text !== '16') {
    throw new InvalidArgumentError('It must be 8 or 16.');
  }
  return Number(text) as 8 | 16;
}

/** Parses a number from 0 to below an end. */
function numberBelow(end: number): (text: string) => number {
  return numberThat((value) => value >= 0 && value < end, `a number from 0 to below ${end}`);
}

/** Prints a prepared file as JSON, with one line per corrupt image, or as text that ends with the lines `closing`. */
function printPrepared(
  file: string,
  header: PackedHeader,
  {
    skipped,
    closing,
    json,
  }: {
    readonly skipped: readonly string[];
    readonly closing: readonly string[];
    readonly json: true | undefined;
  },
): void {
  const { imageShape, counts, sha256, source, settings, notes } = header;
  const { train, validation, test } = counts;
  const bytes = totalCount(header) * imageBytesIn(header);
  const compressedBytes = file.endsWith('.gz') ? statSync(file).size : undefined;
  if (json) {
    const summary = { file, bytes, compressedBytes, imageShape, images: counts, sha256 };
    writeStdout(`${JSON.stringify({ ...summary, source, settings, notes, skipped })}\n`);
    return;
  }
  const splits = [
    `${formatCount(train)} for training`,
    validation === undefined ? undefined : `${formatCount(validation)} for validation`,
    `${formatCount(test)} for testing`,
  ].filter((part) => part !== undefined);
  const converted = notesText(notes);
  const compressed = compressedBytes === undefined ? '' : `, compressed to ${formatBytes(compressedBytes)}`;
  const lines = [
    `${file}: ${showImageShape(imageShape)}, ${splits.join(', ')}; ${formatBytes(bytes)}${compressed}`,
    ...(converted === '' ? [] : [`of the images of ${source}: ${converted}`]),
    ...closing,
  ];
  writeStdout(`${lines.map(visibleText).join('\n')}\n`);
}
