// `emerging datasets prepare`: a dataset decoded once, into a packed file that is trained on at full speed.
import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { packedFile, readPackedHeader, verifyPackedFile } from '../../data/packed/packedFile.ts';
import type { PackedHeader } from '../../data/packed/packedHeader.ts';
import { type Crop, crops } from '../../data/pixels/fitPicture.ts';
import { type PreparedDataset, prepareDataset } from '../../data/prepareDataset.ts';
import { UserError } from '../../errors.ts';
import { reportSkipped } from '../imageInput.ts';
import { oneOf, wholeNumber } from '../options.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { printPrepared, summaryOf } from '../training/preparedSummary.ts';

interface DatasetsPrepareOptions {
  readonly size?: number;
  readonly crop: Crop;
  readonly channels?: 1 | 3;
  readonly validation: number;
  readonly leastDeviation: number;
  readonly unique?: true;
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
    .description('make images of one size of a dataset, in a file that is trained on with --data FILE')
    .argument('<name|path>', 'a dataset, or a folder or an archive of images')
    .option('--size <n>', 'height and width of the images (of a named dataset: its own)', wholeNumber(1))
    .option('--crop <name>', `what is kept: ${cropNames.join(', ')}`, oneOf('crop', cropNames), 'center')
    .option(
      '--channels <n>',
      '1 for grey, 3 for colour (default: 3; of a named dataset: its own)',
      channelCount,
    )
    .option('--validation <share>', 'with --crop tiles: of the training pictures', share, 0.05)
    .option(
      '--least-deviation <x>',
      'with --crop tiles: leave out tiles with a smaller standard deviation, of 255',
      deviation,
      1,
    )
    .option('--unique', 'leave out images that came before, in any split')
    .option(
      '--out <file>',
      'the file to write (default: data/NAME-SIZE.images; of a named dataset data/NAME.images)',
    )
    .option('--skip-damaged', 'damaged images are no failure')
    .option('--verify', 'check a file that was prepared against its checksum instead')
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText(
      'after',
      `\nCrops:\n${cropNames.map((name) => `  ${name.padEnd(8)}${crops[name]}`).join('\n')}\n` +
        '\nDamaged images are named and left out, and the exit code is 1 in the end; 0 with --skip-damaged.\n' +
        'With tiles, those of nearly one colour are left out, and all tiles of a picture are in the same split.\n' +
        '\nExample:\n  emerging datasets prepare photos --size 32 --out photos-32.images',
    )
    .action((nameOrPath: string, options: DatasetsPrepareOptions) =>
      options.verify ? verify(nameOrPath, options) : runPrepare(nameOrPath, options),
    );
}

async function runPrepare(nameOrPath: string, options: DatasetsPrepareOptions): Promise<void> {
  let bar: Progress | undefined;
  const interruption = listenForInterruption(() => bar?.note('stopping; nothing is left of it'));
  let prepared: PreparedDataset | null;
  try {
    prepared = await prepareDataset(nameOrPath, {
      ...options,
      signal: interruption.signal,
      onProgress(pictures, total) {
        bar ??= createProgress({ label: 'preparing', total, unit: 'pictures' });
        if (pictures > 0) {
          bar.update(pictures);
        }
      },
      onDamaged: (reason) => bar?.note(`skipped: ${reason}`),
    });
  } finally {
    bar?.finish();
    interruption.release();
  }
  if (prepared === null) {
    process.exitCode = interruption.exitCode();
    return;
  }
  const { file, name, header, damaged } = prepared;
  printPrepared(summaryOf(file, header, damaged), options, [`to train: emerging train --data ${name}`]);
  if (!options.skipDamaged) {
    reportSkipped(damaged);
  }
}

async function verify(path: string, options: DatasetsPrepareOptions): Promise<void> {
  if (!existsSync(path) || !(await packedFile.recognises(path))) {
    throw new UserError('invalid-argument', `${path}: expected ${packedFile.expects}`);
  }
  const { train, validation = 0, test } = readPackedHeader(path).counts;
  const bar = createProgress({ label: 'verifying', total: train + validation + test, unit: 'images' });
  let header: PackedHeader;
  try {
    header = await verifyPackedFile(path, (images) => bar.update(images));
  } finally {
    bar.finish();
  }
  printPrepared(summaryOf(path, header, []), options, ['every image is as it was prepared']);
}

function channelCount(text: string): 1 | 3 {
  if (text !== '1' && text !== '3') {
    throw new InvalidArgumentError('It must be 1 (grey) or 3 (colour).');
  }
  return Number(text) as 1 | 3;
}

function deviation(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 128)) {
    throw new InvalidArgumentError('It must be a number of at least 0 and below 128.');
  }
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError('It must be a share of at least 0 and below 1.');
  }
  return value;
}
