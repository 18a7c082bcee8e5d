// `emerging decompress`: writes the images of a compressed file as PNG.
import type { Command } from 'commander';
import { countBlocks, imagesFrom, openCompressed } from '../../codec/decompress.ts';
import { UserError } from '../../errors.ts';
import { contactSheet } from '../../pictures/contactSheet.ts';
import { cleanedUpAfter } from '../../storage/cleanUp.ts';
import { withFile } from '../../storage/fileBytes.ts';
import { requireNewFolder, startNewFolder, staysInFolder } from '../../storage/newFolder.ts';
import type { RandomAccess } from '../../storage/randomAccess.ts';
import { loadTrained } from '../../trained/loading/loadTrained.ts';
import { visibleText } from '../../visibleText.ts';
import { chosenImages, type PositionRange, positionRange } from '../parts/chosenImages.ts';
import { addCheckpointOption, type CheckpointOptions, wholeNumber } from '../parts/options.ts';
import { pngNamer } from '../parts/pngNames.ts';
import { workersFor } from '../parts/workersFor.ts';
import { formatCounted } from '../terminal/format.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';

interface DecompressCommandOptions extends CheckpointOptions {
  readonly out: string;
  readonly model?: string;
  readonly only?: readonly string[];
  readonly range?: PositionRange;
  readonly workers?: number;
  readonly json?: true;
}

/** Adds the command `decompress` to the program. */
export function registerDecompress(program: Command): void {
  const command = program
    .command('decompress')
    .description('write the images of a compressed file as PNG')
    .argument('<file>', 'a file that emerging compress has written')
    .requiredOption('--out <dir>', 'a new or empty folder for the images')
    .option('--model <run>', 'the run folder or exported model, if the file does not contain it')
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
        '  emerging decompress digits.eflow --model models/mnist --range 200-299 --out some\n' +
        '  emerging decompress photos.eflow --only summer/beach.png winter --out some\n' +
        '\nWith --only or --range, other blocks are not decoded.\n' +
        '\nIf parts of the file are damaged, the other images are written, and the exit code is 1.',
    )
    .action((path: string, options: DecompressCommandOptions) =>
      withFile(path, (file) => runDecompress(file, path, options)),
    );
}

async function runDecompress(
  bytes: RandomAccess,
  path: string,
  { out, model, step, only, range, workers, json }: DecompressCommandOptions,
): Promise<void> {
  requireNewFolder(out);
  const given = model === undefined ? undefined : await loadTrained(model, { step });
  const file = await openCompressed(bytes, path, given);
  const bar = createProgress({
    label: 'decompressing',
    total: null,
    unit: file.header.tiles ? 'tiles' : 'images',
  });
  const interruption = listenForInterruption(() => bar.note('stopping; no folder is written'));
  const [files, damaged]: [string[], string[]] = [[], []];
  const names = pngNamer();
  const chosen = chosenImages(only, range);
  const folder = startNewFolder(out);
  let done = 0;
  try {
    const images = imagesFrom(file, {
      workers: workers ?? workersFor(await countBlocks(file)),
      only: chosen.isChosen,
      signal: interruption.signal,
      onImages(more) {
        done += more;
        bar.update(done);
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
          `${path} is damaged: an image is named ${name}; use another copy`,
        );
      }
      files.push(names.fileFor(name));
      folder.write(files.at(-1)!, contactSheet(pixels, { imageShape: shape, scale: 1 }));
    }
    // A missing image may be in a damaged block. That is reported below, and the others are written.
    if (damaged.length === 0 || files.length === 0) {
      chosen.requireAll(path);
    }
    folder.finish();
  } catch (error) {
    const failure = cleanedUpAfter(error, folder.discard);
    if (interruption.signal.aborted && failure === error) {
      process.exitCode = interruption.exitCode();
      return;
    }
    throw failure;
  } finally {
    bar.finish();
    interruption.release();
  }
  names.report();
  writeStdout(
    json
      ? `${JSON.stringify({ out, images: files.length, files, damaged })}\n`
      : `${formatCounted(files.length, 'image')}: ${visibleText(out)}\n`,
  );
  if (damaged.length > 0) {
    noteOnStderr(`emerging: ${path} is damaged, and some of its images may be missing; use another copy`);
    process.exitCode = 1;
  }
}
