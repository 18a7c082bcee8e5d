// `emerging decompress`: writes the images of a compressed file as PNG.
import type { Command } from 'commander';
import { cleanedUpAfter, UserError, visibleText } from '../../../core/errors.ts';
import { availableCores } from '../../../core/platform/index.ts';
import { requireExists, startNewFolder, staysInFolder, withFile } from '../../../data/files/index.node.ts';
import type { RandomAccess } from '../../../data/files/index.ts';
import { contactSheet } from '../../../data/pictures/index.ts';
import { loadTrained } from '../../../model/loading/index.node.ts';
import {
  type CompressedFile,
  codingBytes,
  imagesFrom,
  listImages,
  openCompressed,
  readExtent,
} from '../../../uses/codec/index.ts';
import {
  chosenImages,
  type PositionRange,
  positionRange,
  printList,
  requireChosen,
} from '../parts/chosenImages.ts';
import { fileNamer } from '../parts/fileNames.ts';
import { MODEL, modelFolder, noteMemory } from '../parts/modelOptions.ts';
import { addCheckpointOption, type CheckpointOptions, wholeNumber } from '../parts/options.ts';
import { requireOutputFolder } from '../parts/outputFile.ts';
import { formatCounted } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';

interface DecompressCommandOptions extends CheckpointOptions {
  readonly out?: string;
  readonly list?: true;
  readonly model?: string;
  readonly only?: readonly string[];
  readonly range?: PositionRange;
  readonly workers?: number;
  readonly json?: true;
}

/** Adds the arguments and options of `decompress`, and what it does. */
export function registerDecompress(command: Command): void {
  command
    .argument('<file>', 'a file that emerging compress has written')
    .option('--out <dir>', 'a new or empty folder for the images')
    .option('--list', 'print what the file contains instead: names, sizes, blocks and the model')
    .option(
      '--model <run>',
      `the model that compressed the file, if it is not in the file: ${MODEL}`,
      modelFolder,
    )
    .option('--only <names...>', 'only these images, or those in these folders of the file')
    .option(
      '--range <a-b>',
      'only the images from position a to b, from 0; or a single position',
      positionRange,
    )
    .option('--workers <n>', 'blocks decoded at the same time (default: one per core)', wholeNumber(1))
    .option('--json', 'print the result as JSON on stdout');
  addCheckpointOption(command)
    .addHelpText(
      'after',
      '\nExamples:\n  emerging decompress photos.eflow --out photos\n' +
        '  emerging decompress digits.eflow --model mnist-small --range 200-299 --out some\n' +
        '  emerging decompress photos.eflow --only summer/beach.png winter --out some\n' +
        '  emerging decompress photos.eflow --list\n' +
        '\nWith --only or --range, other blocks are not decoded.\n' +
        '\nIf parts of the file are damaged, the other images are written, and the exit code is 1.\n' +
        '\n--list decodes nothing. With --model, it checks that the file was compressed with that model.',
    )
    .action(async (path: string, options: DecompressCommandOptions) => {
      requireExists(path);
      await withFile(path, (file) => runDecompress(file, path, options));
    });
}

async function runDecompress(
  bytes: RandomAccess,
  path: string,
  options: DecompressCommandOptions,
): Promise<void> {
  const { out, list, model, step, json = false } = options;
  if ((out === undefined) !== (list === true)) {
    throw new UserError(
      'invalid-argument',
      out === undefined
        ? 'name a folder for the images with --out, or print what the file contains with --list'
        : '--list writes no images: leave out --out',
    );
  }
  if (step !== undefined && model === undefined) {
    throw new UserError('invalid-argument', '--step needs --model RUN: add it, or leave --step out');
  }
  if (out !== undefined) {
    requireOutputFolder(out);
  }
  const embedded = model === undefined ? undefined : await loadTrained(model, { step });
  if (out !== undefined) {
    await writeImages(await openCompressed(bytes, path, embedded), out, options);
    return;
  }
  const chosen = chosenImages(options.only, options.range);
  if (!(await printList(bytes, path, { given: embedded, chosen, json }))) {
    process.exitCode = 1;
  }
}

async function writeImages(
  file: CompressedFile,
  out: string,
  { only, range, json, ...options }: DecompressCommandOptions,
): Promise<void> {
  const { source } = file;
  const chosen = chosenImages(only, range);
  const isPart = (only ?? range) !== undefined;
  if (isPart) {
    let chosenCount = 0;
    const countChosen = (name: string, position: number): boolean => {
      chosenCount += chosen.isChosen(name, position) ? 1 : 0;
      // A list of them is not needed, and could be too long for memory.
      return false;
    };
    const { count } = await listImages(file, countChosen, chosen.mayInclude);
    requireChosen(chosen, { source, count }, chosenCount);
  }
  const { blocks, count } = await readExtent(file);
  const workers = Math.min(options.workers ?? availableCores(), Math.max(1, blocks));
  noteMemory('decompressing', codingBytes(file.model, workers));
  const bar = createProgress({
    label: 'decompressing',
    total: isPart ? null : (count ?? null),
    unit: 'images',
  });
  const [files, damaged]: [string[], string[]] = [[], []];
  const names = fileNamer();
  const folder = startNewFolder(out);
  let done = 0;
  const write = async (signal: AbortSignal): Promise<true> => {
    const images = imagesFrom(file, {
      workers,
      only: chosen.isChosen,
      mayInclude: chosen.mayInclude,
      signal,
      onImages(more) {
        done += more;
        // Blocks that turn out to be there twice are decoded too.
        bar.update(Math.min(done, count ?? done));
      },
      onDamage(problem) {
        bar.note(problem);
        damaged.push(problem);
      },
    });
    for await (const { name, shape, pixels } of images) {
      if (!staysInFolder(name)) {
        throw new UserError(
          'invalid-data',
          `${source}: no file in the folder can have the name of an image, ${name}; choose others with --only or --range, or decompress it in a program`,
        );
      }
      files.push(names.fileFor(name));
      folder.write(files.at(-1)!, contactSheet(pixels, { imageShape: shape, scale: 1 }));
    }
    if (damaged.length > 0 && files.length === 0) {
      const none = isPart ? 'none of the chosen images' : 'none of its images';
      throw new UserError('invalid-data', `${source} is damaged: ${none} can be read; use another copy`);
    }
    folder.finish();
    return true;
  };
  const isComplete = await untilInterrupted(
    () => bar.note('stopping; no folder is written'),
    (signal) =>
      write(signal).catch((error: unknown) => {
        throw cleanedUpAfter(error, folder.discard);
      }),
  ).finally(() => bar.finish());
  if (!isComplete) {
    return;
  }
  names.report();
  writeStdout(
    json
      ? `${JSON.stringify({ out, images: files.length, files, damaged })}\n`
      : `${formatCounted(files.length, 'image')}: ${visibleText(out)}\n`,
  );
  if (damaged.length > 0) {
    const outcome = files.length === count ? ', but all its images were written' : ': use another copy';
    noteOnStderr(`emerging: ${source} is damaged${outcome}`);
    process.exitCode = 1;
  }
}
