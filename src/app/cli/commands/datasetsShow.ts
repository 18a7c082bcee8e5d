// `emerging datasets show`: shows images as a model will see them, and reports pixel statistics.
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { Moments, showImageShape, type Values } from '../../../core/numeric/index.ts';
import { nextTurn } from '../../../core/platform/index.ts';
import {
  countClasses,
  type Dataset,
  defaultValidation,
  firstImages,
  type ImageOfSet,
  type ImageSet,
  imageOfSet,
  imagesBuffer,
} from '../../../data/contract/index.ts';
import { openDataset } from '../../../data/index.node.ts';
import { BatchStream, batchesInOrder } from '../../../data/index.ts';
import { contactSheet, requireDrawable } from '../../../data/pictures/index.ts';
import { type AugmentationName, augmentations, isColourless } from '../../../data/pixels/index.ts';
import { parseChoice, parseChoices, wholeNumber } from '../parts/options.ts';
import { besideData, outputPng, sheetNames } from '../parts/outputFile.ts';
import { formatCount, notesText } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { right, tableLines } from '../terminal/table.ts';

const splits = ['train', 'validation', 'test'] as const;
type Split = (typeof splits)[number];
/** The most classes that are listed one by one. */
const LISTED = 20;
/** How many images are inspected at once. */
const BATCH = 256;
const augmentationNames = Object.keys(augmentations) as AugmentationName[];

interface DatasetsShowOptions {
  readonly split: Split;
  readonly count: number;
  readonly augment?: readonly AugmentationName[];
  readonly seed: number;
  readonly limit: number;
  readonly out?: string;
  readonly json?: true;
}

/** Adds the command `datasets show`. */
export function registerDatasetsShow(datasets: Command): void {
  datasets
    .command('show')
    .description('show images of a dataset as a model will see them, and report pixel statistics')
    .argument('<name|path>', 'a dataset')
    .option('--split <name>', `which split: ${splits.join(', ')}`, parseChoice('split', splits), 'train')
    .option('--count <n>', 'how many images to show', wholeNumber(1), 64)
    .option(
      '--augment <name,…>',
      `augment them: ${augmentationNames.join(', ')}`,
      parseChoices('augmentation', augmentationNames),
    )
    .option('--seed <n>', 'random seed for selecting and augmenting images', wholeNumber(0), 0)
    .option('--limit <n>', 'how many training images to inspect', wholeNumber(1), 100_000)
    .option('--out <file>', 'the PNG to write (default: NAME-SPLIT.png next to the data)')
    .option('--json', 'print the result as JSON on stdout')
    .addHelpText(
      'after',
      `\nAugmentations:\n${augmentationNames
        .map((name) => `  ${name.padEnd(14)}${augmentations[name].description}`)
        .join(
          '\n',
        )}\n\nTo look for duplicates and images of a single colour: emerging datasets audit\n\nExample:\n  emerging datasets show mnist --augment shift --out digits.png`,
    )
    .action((nameOrPath: string, options: DatasetsShowOptions) => runShow(nameOrPath, options));
}

async function runShow(nameOrPath: string, options: DatasetsShowOptions): Promise<void> {
  const { split, limit } = options;
  const output = outputPng(options.out ?? besideData(nameOrPath, `-${split}.png`), [nameOrPath]);
  const dataset = await openDataset(nameOrPath, { validation: defaultValidation });
  if (dataset[split].count === 0) {
    throw new UserError('invalid-argument', `${nameOrPath} has no ${split} images: choose another --split`);
  }
  const count = Math.min(options.count, dataset[split].count);
  requireDrawable(count, { imageShape: dataset.imageShape, kind: dataset.train.kind });
  const { images, shown } = drawn(dataset, options);
  output.write(contactSheet(images, { imageShape: dataset.imageShape }));
  const total = Math.min(limit, dataset.train.count);
  const inspection = await withImageProgress('inspecting', total, (onProgress) =>
    inspect(dataset.train, limit, (done) => onProgress(done, total)),
  );
  const counts = Object.fromEntries(splits.map((name) => [name, dataset[name].count]));
  const classes = classCounts(dataset);
  const notes = dataset.notes ?? {};
  const warnings = [...(dataset.warnings ?? []), ...inspectionWarnings(inspection)];
  if (options.json) {
    const { imageShape, whyNoLabels } = dataset;
    writeStdout(
      `${JSON.stringify({ name: nameOrPath, file: output.path, shown, imageShape, counts, ...(classes && { classes }), ...(whyNoLabels !== undefined && { whyNoLabels }), ...inspection, notes, warnings })}\n`,
    );
    return;
  }
  writeStdout(
    `${datasetText(dataset, inspection, { file: output.path, shown, warnings }).map(visibleText).join('\n')}\n`,
  );
}

/** The results of an inspection. */
type Inspection = Awaited<ReturnType<typeof inspect>>;

/** Inspects the first `limit` images; `onProgress` receives the number inspected so far. */
async function inspect(allImages: ImageSet, limit: number, onProgress: (images: number) => void) {
  const images = firstImages(allImages, limit);
  const [height, width, channels] = images.imageShape;
  const statistics = Array.from({ length: channels }, () => ({
    moments: new Moments(),
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
  }));
  const isEightBit = images.kind === 'uint8';
  const distinct = new Uint8Array(256);
  let colourless = isEightBit && channels === 3;
  let done = 0;
  for (const { images: batch, count } of batchesInOrder(images, BATCH)) {
    const values = batch.subarray(0, count * height * width * channels);
    statistics.forEach((channel, first) => {
      for (let index = first; index < values.length; index += channels) {
        const value = values[index]!;
        channel.moments.add(value);
        channel.least = Math.min(channel.least, value);
        channel.most = Math.max(channel.most, value);
        if (isEightBit) {
          distinct[value] = 1;
        }
      }
    });
    colourless &&= isColourless(values);
    done += count;
    onProgress(done);
    await nextTurn();
  }
  return {
    images: images.count,
    channels: statistics.map(({ moments: { mean, deviation }, ...range }) => ({ mean, deviation, ...range })),
    // Normally 256; null if they are not 8-bit integers.
    distinctValues: isEightBit ? distinct.reduce((sum, isSeen) => sum + isSeen, 0) : null,
    colourless,
  };
}

/** The classes, if there are labels, and how many images of each class each split has. */
function classCounts(dataset: Dataset): Record<string, Record<Split, number>> | undefined {
  const { labels } = dataset.train;
  if (labels === undefined) {
    return undefined;
  }
  const counts = splits.map((split) => [split, countClasses(dataset[split])] as const);
  return Object.fromEntries(
    labels.classes.map((name, number) => [
      name,
      Object.fromEntries(counts.map(([split, classCounts]) => [split, classCounts[number] ?? 0])) as Record<
        Split,
        number
      >,
    ]),
  );
}

/** The classes and their numbers of images, as lines; only their number if there are many. */
function classLines(dataset: Dataset): string[] {
  const classes = Object.entries(classCounts(dataset) ?? {});
  if (classes.length === 0) {
    return [`labels  none${dataset.whyNoLabels === undefined ? '' : `: ${dataset.whyNoLabels}`}`];
  }
  if (classes.length > LISTED) {
    return [`labels  ${formatCount(classes.length)} classes`];
  }
  const rows = classes.map(([name, counts]) => [name, ...splits.map((split) => formatCount(counts[split]))]);
  const columns = splits.map((split) => right(split.toUpperCase()));
  return [`labels  ${formatCount(classes.length)} classes`, ...tableLines(['CLASS', ...columns], rows)];
}

/** Images of a split in random order, augmented as in training, and which they are. */
function drawn(
  dataset: Dataset,
  { split, count, augment = [], seed }: DatasetsShowOptions,
): { images: Values; shown: ImageOfSet[] } {
  const set = dataset[split];
  const shownCount = Math.min(count, set.count);
  const images = imagesBuffer(set, shownCount);
  const stream = new BatchStream(set, shownCount, seed, augment);
  stream.batchAt(0, images);
  return { images, shown: stream.indicesAt(0, shownCount).map((index) => imageOfSet(set, index)) };
}

function inspectionWarnings({ channels, colourless, distinctValues }: Inspection): string[] {
  const warnings: string[] = [];
  const constantChannel = channels.findIndex(({ deviation }) => deviation === 0);
  if (constantChannel !== -1) {
    const subject = channels.length === 1 ? 'all values are' : `channel ${constantChannel} is`;
    warnings.push(`${subject} ${channels[constantChannel]!.mean} in every image: a constant has no density`);
  }
  if (colourless) {
    warnings.push('every image is grey, with three equal channels: prepare the dataset with --channels 1');
  }
  if (distinctValues !== null && distinctValues < 64) {
    warnings.push(`only ${distinctValues} of 256 values occur: fewer model.bits may be enough`);
  }
  return warnings;
}

function datasetText(
  dataset: Dataset,
  inspection: Inspection,
  { file, shown, warnings }: { file: string; shown: readonly ImageOfSet[]; warnings: readonly string[] },
): string[] {
  const isReal = dataset.train.kind === 'float32';
  const names = isReal ? [] : inspection.channels.length === 3 ? ['red', 'green', 'blue'] : ['grey'];
  const digits = (value: number): string =>
    isReal ? String(Number(value.toPrecision(5))) : value.toFixed(1);
  const notes = notesText(dataset.notes ?? {});
  const origin = (split: string): string =>
    split === 'validation' && dataset.holdOut ? ' (held out of the training images)' : '';
  return [
    `${dataset.name}: ${showImageShape(dataset.imageShape)}, ` +
      splits.map((split) => `${formatCount(dataset[split].count)} ${split}${origin(split)}`).join(', '),
    ...inspection.channels.map(
      ({ mean, deviation, least, most: greatest }, channel) =>
        `${(names[channel] ?? `channel ${channel}`).padEnd(7)} mean ${digits(mean)}, deviation ${digits(deviation)}, from ${least} to ${greatest}`,
    ),
    ...(inspection.images < dataset.train.count
      ? [`only the first ${formatCount(inspection.images)} train images were inspected; see --limit`]
      : []),
    ...classLines(dataset),
    ...(notes === '' ? [] : [`source  ${notes}`]),
    ...warnings.map((warning) => `warning: ${warning}`),
    `images  ${file}`,
    `        ${sheetNames(shown)}`,
  ];
}
