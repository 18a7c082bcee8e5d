// `emerging decode`: decodes latents to images, one PNG each, or NumPy arrays of what PNG can't hold.
import type { Command } from 'commander';
import { visibleText } from '../../../core/errors.ts';
import { countDimensions } from '../../../core/numeric/index.ts';
import { requireExists, writeNewFolder } from '../../../data/files/index.node.ts';
import { npyBytes } from '../../../data/formats/npy.ts';
import { contactSheet } from '../../../data/pictures/index.ts';
import { isDouble, largestLatent, pixelsOfImage, shortChecksum, tooFarOut } from '../../../model/index.ts';
import { readLatents } from '../../../model/loading/index.node.ts';
import { type Keep, releaseAfter } from '../../../tensor/engine/index.ts';
import { fileNames } from '../parts/fileNames.ts';
import { reportSkipped } from '../parts/imageInput.ts';
import { addModelOptions, MODEL, type ModelOptions, modelFolder, openModel } from '../parts/modelOptions.ts';
import { reportDevice, stepText } from '../parts/options.ts';
import { requireOutputFolder } from '../parts/outputFile.ts';
import { firstNames, formatCounted } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { inCommandWords } from '../terminal/wording.ts';

interface DecodeCommandOptions extends ModelOptions {
  readonly out: string;
  readonly json?: true;
}

/** Adds the arguments and options of `decode`, and what it does. */
export function registerDecode(command: Command): void {
  command
    .argument('<run>', `the model that encoded them: ${MODEL}`, modelFolder)
    .argument('<file>', 'the file that emerging encode wrote')
    .requiredOption('--out <dir>', 'a new or empty folder for the images')
    .option('--json', 'print the result as JSON on stdout');
  addModelOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  emerging decode runs/quickstart digits.safetensors --out digits\n' +
        '\nEach image becomes a PNG, or a NumPy array (.npy) if it has other values than 8-bit integers, or 2 or 4 channels.',
    )
    .action((run: string, file: string, options: DecodeCommandOptions) =>
      releaseAfter((keep) => runDecode(keep, run, file, options)),
    );
}

async function runDecode(
  keep: Keep,
  directory: string,
  file: string,
  options: DecodeCommandOptions,
): Promise<void> {
  const { out } = options;
  requireOutputFolder(out);
  requireExists(file);
  const model = keep(await openModel(directory, options, [options.out]));
  const { names, latents, classes, condition, encodedFrom, edited = [] } = readLatents(file, model);
  reportDevice(isDouble(latents) ? 'float64' : 'float32', options);
  const values = await withImageProgress('decoding', names.length, (onProgress) =>
    model.decodeValues(latents, { class: classes, condition, onProgress }),
  );
  const { imageShape } = model;
  const size = countDimensions(imageShape);
  const files: Record<string, Uint8Array> = {};
  const skipped: string[] = [];
  const [corrected, inexact]: [number[], number[]] = [[], []];
  const skip = (reason: string): void => {
    noteOnStderr(`skipped: ${reason}`);
    skipped.push(reason);
  };
  // PNG has no images of two channels, and four would be transparent.
  const isPicture = model.kind === 'uint8' && [1, 3].includes(imageShape[2]);
  const ownNames = fileNames(names, isPicture ? '.png' : '.npy');
  names.forEach((name, index) => {
    const correction = encodedFrom?.corrections?.get(index);
    const pixels = pixelsOfImage(values.subarray(index * size, (index + 1) * size), model.model, correction);
    const checksum = encodedFrom?.checksums[index] ?? null;
    if (pixels === undefined) {
      const why = inCommandWords(tooFarOut(largestLatent(latents, index), isDouble(latents)));
      skip(`${name} cannot be decoded: ${why}`);
    } else {
      files[ownNames[index]!] = isPicture
        ? contactSheet(pixels, { imageShape, scale: 1 })
        : npyBytes(pixels, imageShape);
      corrected.push(...(correction ? [index] : []));
      // Real numbers return up to rounding: only corrections promise them to the bit.
      const isPromised = model.bits !== undefined || correction !== undefined;
      inexact.push(
        ...(isPromised && checksum !== null && checksum !== shortChecksum([pixels]) ? [index] : []),
      );
    }
  });
  const written = writeNewFolder(out, files);
  writeStdout(
    options.json
      ? `${JSON.stringify({ out, step: model.step, images: written.length, files: written, corrected, inexact, edited, skipped })}\n`
      : `${formatCounted(written.length, 'image')}${stepText(model.step, options)}: ${visibleText(out)}\n`,
  );
  if (corrected.length > 0) {
    noteOnStderr(`${formatCounted(corrected.length, 'image')} made exact with the corrections in the file`);
  }
  if (edited.length > 0 && encodedFrom?.corrections) {
    noteOnStderr(
      `no corrections applied to ${formatCounted(edited.length, 'image')} with edited latents: ${firstNames(names, edited)}`,
    );
  }
  if (inexact.length > 0) {
    const inexactImages = `${formatCounted(inexact.length, 'image')} not decoded exactly: ${firstNames(names, inexact)}`;
    if (encodedFrom?.corrections) {
      // Corrections promise every pixel.
      noteOnStderr(`emerging: ${inexactImages}, despite corrections; decode on the device that encoded them`);
      process.exitCode = 1;
    } else {
      noteOnStderr(`${inexactImages}; encode the originals with --exact`);
    }
  }
  reportSkipped(skipped);
}
