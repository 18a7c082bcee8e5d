// `emerging compress`: compresses images with a model, without loss.
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import type { ImageShape } from '../../../core/numeric/index.ts';
import { availableCores } from '../../../core/platform/index.ts';
import { readOne, type Split } from '../../../data/contract/index.ts';
import { exists, writePartsAtomically } from '../../../data/files/index.node.ts';
import { imageFormats } from '../../../data/formats/imageDecoding.ts';
import { datasets } from '../../../data/index.node.ts';
import { exactPixels, requireEightBits } from '../../../data/pixels/index.ts';
import { findImageFiles } from '../../../data/sources/index.ts';
import { countTrained } from '../../../flows/contract/index.ts';
import type { TrainedModel } from '../../../model/index.ts';
import { loadTrained } from '../../../model/loading/index.node.ts';
import {
  type CompressedSize,
  codingBytes,
  compressParts,
  defaultBlock,
  type NamedImage,
  PngEstimate,
  requireCodable,
} from '../../../uses/codec/index.ts';
import {
  addSetOptions,
  DEFAULT_SPLIT,
  type ImageOptions,
  isDatasetFile,
  namesOfSet,
  openImages,
  reportSkipped,
  requireNoSplit,
  stackLength,
} from '../parts/imageInput.ts';
import { MODEL, modelFolder, noteMemory } from '../parts/modelOptions.ts';
import { addCheckpointOption, type CheckpointOptions, stepText, wholeNumber } from '../parts/options.ts';
import { outputFile } from '../parts/outputFile.ts';
import { formatBytes, formatCount, formatCounted } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';

interface CompressCommandOptions extends Omit<ImageOptions, 'resize'>, CheckpointOptions {
  readonly model: string;
  readonly out: string;
  readonly block?: number;
  readonly tiles?: true;
  readonly workers?: number;
  readonly embed: boolean;
  readonly json?: true;
}

/** Adds the arguments and options of `compress`, and what it does. */
export function registerCompress(command: Command): void {
  command
    .argument('[images...]', `${imageFormats} files, folders of them, or a dataset`)
    .requiredOption('--model <run>', MODEL, modelFolder)
    .requiredOption('--out <file>', 'the file to write')
    .option(
      '--block <n>',
      'images per block, or tiles with --tiles: a damaged byte costs its block (default: up to 2,000)',
      wholeNumber(1),
    )
    .option('--tiles', "cut images of any size into tiles of the model's shape")
    .option('--workers <n>', 'blocks coded at the same time (default: one per core)', wholeNumber(1))
    .option('--no-embed', 'leave the model out: emerging decompress then needs --model')
    .option('--json', 'print the result as JSON on stdout');
  addCheckpointOption(addSetOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  emerging compress photos --model runs/first --out photos.eflow\n' +
        '  emerging compress mnist --model mnist-small --out digits.eflow\n' +
        '\nCompression is lossless. File sizes are about what bits/dim on the images predict, plus the model\n' +
        'itself, unless --no-embed leaves it out.\n' +
        '\nImages that cannot be read, or that 8-bit grey or RGB pixels cannot hold, are skipped with a note. The others are\n' +
        'compressed, and the exit code is 1.',
    )
    .action(runCompress);
}

async function runCompress(paths: string[], options: CompressCommandOptions): Promise<void> {
  const { out, embed: withModel, block } = options;
  const tiles = options.tiles === true;
  outputFile(out, [...paths, options.data]);
  const trained = await loadTrained(options.model, { step: options.step });
  requireCodable(trained.model);
  const channels = trained.model.imageShape[2];
  if (channels !== 1 && channels !== 3) {
    throw new UserError(
      'unsupported',
      `${options.model} is a model of images with ${channels} channels, but emerging decompress writes PNG files, which have 1 ` +
        '(grey) or 3 (colour); compress from code can store them',
    );
  }
  const images = await imagesToCompress(paths, trained.model.imageShape, { ...options, tiles });
  // Tiles are not counted yet.
  const blocks = tiles ? images.count : images.count / (block ?? defaultBlock(trained.model.imageShape));
  const workers = options.workers ?? Math.max(1, Math.min(availableCores(), Math.ceil(blocks)));
  noteMemory('compressing', codingBytes(trained, Math.min(workers, blocks)));
  const bar = createProgress({ label: 'compressing', total: images.count, unit: 'images' });
  const skipped: string[] = [];
  const skip = (reason: string): void => {
    bar.note(`skipped: ${reason}`);
    skipped.push(reason);
  };
  const png = new PngEstimate(images.count);
  let done = 0;
  const onImages = (more: number): void => {
    done += more;
    bar.update(done);
  };
  const size = await untilInterrupted(
    () => bar.note('stopping'),
    (signal) => {
      const parts = compressParts(trained, png.following(images.read(skip)), {
        block,
        withModel,
        count: images.count,
        tiles,
        workers,
        signal,
        onImages,
      });
      return writePartsAtomically(out, parts);
    },
  ).finally(() => bar.finish());
  if (size) {
    report(size, png, { trained, skipped, options });
  }
}

/** What was compressed, to how much. */
function report(
  size: CompressedSize,
  png: PngEstimate,
  {
    trained,
    skipped,
    options,
  }: { trained: TrainedModel; skipped: readonly string[]; options: CompressCommandOptions },
): void {
  const pngBytes = png.bytes;
  const bitsPerDim = (8 * (size.bytes - size.modelBytes)) / size.values;
  const result = {
    file: options.out,
    step: trained.step,
    images: size.images,
    bytes: size.bytes,
    modelBytes: size.modelBytes,
    bitsPerDim,
    plain: size.plain,
    pngBytes: Math.round(pngBytes),
    skipped,
  };
  const weightBits = (8 * size.modelBytes) / countTrained(trained.model.parameters);
  const model =
    size.modelBytes > 0
      ? `, ${formatBytes(size.modelBytes)} of which are the model, with ${weightBits.toFixed(1)} bits a weight`
      : '';
  writeStdout(
    options.json
      ? `${JSON.stringify(result)}\n`
      : `${formatCounted(size.images, 'image')}${stepText(trained.step, options)} in ${formatBytes(size.bytes)}${model}: ` +
          `${visibleText(options.out)}\n` +
          `${bitsPerDim.toFixed(3)} bits/dim without the model; as PNG about ${((8 * pngBytes) / size.values).toFixed(3)}\n`,
  );
  if (size.bytes > pngBytes) {
    const from = png.paysFrom(size);
    const remedy = Number.isFinite(from)
      ? `leave the model out with --no-embed (at most ${formatBytes(size.bytes - size.modelBytes)}), or compress about ${formatCount(from)} such images or more`
      : 'keep PNG, compress more such images, or train a model on images like these';
    noteOnStderr(`PNG would be smaller: about ${formatBytes(pngBytes)}; ${remedy}`);
  }
  reportSkipped(skipped);
}

/** Images that are not read yet. */
interface ImagesToCompress {
  /** How many there are, those that are skipped included. */
  readonly count: number;
  /** Reads them; `skip` hears of those that can't be read, or not without a loss. */
  read(skip: (reason: string) => void): AsyncIterable<NamedImage>;
}

/** The images of files and folders, or of a dataset, by its name or with `--data`. */
async function imagesToCompress(
  paths: readonly string[],
  imageShape: ImageShape,
  { data, split, count, tiles }: Omit<ImageOptions, 'resize'> & { readonly tiles: boolean },
): Promise<ImagesToCompress> {
  const [only] = paths;
  const isNamed =
    paths.length === 1 &&
    (isDatasetFile(only!) || (datasets.some(({ name }) => name === only) && !exists(only!)));
  if (data !== undefined && paths.length > 0) {
    throw new UserError('invalid-argument', 'images and --data cannot be combined: use one of them');
  }
  const dataset = data ?? (isNamed ? only : undefined);
  if (dataset !== undefined) {
    return ofDataset(dataset, { split: split ?? DEFAULT_SPLIT, count, imageShape, tiles });
  }
  if (paths.length === 0) {
    throw new UserError('invalid-argument', 'no images: name image files, folders or a dataset');
  }
  requireNoSplit({ split });
  const imageFiles = findImageFiles(paths);
  if (imageFiles.count === 0) {
    throw new UserError(
      'invalid-data',
      `${paths.join(', ')}: no ${imageFormats} images found; name image files, folders of them, or a dataset`,
    );
  }
  if (imageFiles.repeated > 0) {
    noteOnStderr(
      `${formatCounted(imageFiles.repeated, 'file')} named more than once; each is compressed once`,
    );
  }
  const stacked = paths.length === 1 ? await stackLength(only!) : undefined;
  const available = stacked ?? imageFiles.count;
  const limit = Math.min(available, count ?? available);
  return {
    count: limit,
    async *read(skip) {
      let remaining = limit;
      const skipped: string[] = [];
      const noteSkip = (reason: string): void => {
        skipped.push(reason);
        skip(reason);
      };
      for await (const { name, path, image } of imageFiles.read(noteSkip, {
        stacks: stacked !== undefined,
      })) {
        const pixels = exactPixels(image);
        if (typeof pixels === 'string') {
          noteSkip(`${path} ${pixels}`);
        } else {
          yield { name, shape: [image.height, image.width, image.channels], pixels };
          remaining--;
        }
        // Before another file is read, which would be reported if it is skipped.
        if (remaining === 0) {
          return;
        }
      }
      if (remaining === limit) {
        const others =
          skipped.length > 1 ? ` (and ${formatCounted(skipped.length - 1, 'other file')} skipped)` : '';
        throw new UserError('invalid-data', `nothing was compressed: ${skipped[0]}${others}`);
      }
    },
  };
}

async function ofDataset(
  dataset: string,
  {
    split,
    count,
    imageShape,
    tiles,
  }: {
    readonly split: Split;
    readonly count: number | undefined;
    readonly imageShape: ImageShape;
    readonly tiles: boolean;
  },
): Promise<ImagesToCompress> {
  const set = await openImages(dataset, split, { like: imageShape, most: count, oneIfOther: !tiles });
  const otherSplit = split === 'test' ? 'train' : 'test';
  noteOnStderr(
    `${dataset}: only its ${split === 'train' ? 'training' : split} images; --split ${otherSplit} chooses the others`,
  );
  const names = namesOfSet(set, split);
  return {
    count: set.count,
    async *read() {
      for (const [index, name] of names.entries()) {
        yield {
          name,
          shape: set.imageShape,
          pixels: requireEightBits(readOne(set, index), `${dataset}: compressing`),
        };
      }
    },
  };
}
