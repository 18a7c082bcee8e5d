// `emerging encode`: writes the latents of images to a file that `emerging decode` reads.
import { type Command, Option } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { showImageShape } from '../../../core/numeric/index.ts';
import { imageFormats } from '../../../data/formats/imageDecoding.ts';
import { choiceFrom, type Verification } from '../../../model/index.ts';
import { writeLatents } from '../../../model/loading/index.node.ts';
import { type Keep, type Precision, precisions, releaseAfter } from '../../../tensor/engine/index.ts';
import { addClassOption, type ClassOptions, classesOfImages } from '../parts/classOption.ts';
import {
  addConditionOption,
  CONDITIONS_OF_IMAGES,
  type ConditionCommandOptions,
  conditionsToRead,
  givenConditions,
  toImageSet,
} from '../parts/conditionOption.ts';
import { addImageOptions, type ImageOptions, readImages, reportSkipped } from '../parts/imageInput.ts';
import { addModelOptions, MODEL, type ModelOptions, modelFolder, openModel } from '../parts/modelOptions.ts';
import { parseChoice, reportDevice, stepText } from '../parts/options.ts';
import { outputFile } from '../parts/outputFile.ts';
import { conditionInputs } from '../parts/protectedFiles.ts';
import { firstNames, formatCounted } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progress.ts';

interface EncodeCommandOptions extends ModelOptions, ImageOptions, ClassOptions, ConditionCommandOptions {
  readonly out: string;
  readonly precision: Precision;
  readonly exact?: true;
  readonly json?: true;
}

/** Adds the arguments and options of `encode`, and what it does. */
export function registerEncode(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .argument('[images...]', `${imageFormats} files, or folders of them`)
    .requiredOption('--out <file>', 'the safetensors file to write')
    .addOption(
      new Option('--precision <name>', `precision of the latents and of decoding: ${precisions.join(', ')}`)
        .argParser(parseChoice('precision', precisions))
        .default('float32'),
    )
    .option('--exact', 'also store the errors of decoding, so that decode returns every pixel exactly')
    .option('--json', 'print the result as JSON on stdout');
  addClassOption(command, 'the most probable class of each image');
  addConditionOption(command, CONDITIONS_OF_IMAGES);
  addModelOptions(addImageOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  emerging encode runs/quickstart --data mnist --count 100 --out digits.safetensors\n' +
        '\nA model with classes or conditions encodes and decodes each image with its own, which the file stores.\n' +
        '\nThe file contains latent/0, split off at level 0, to latent/k, the top level, and the image names.\n' +
        'encode decodes them again and reports images that do not return exactly.',
    )
    .action((run: string, images: string[], options: EncodeCommandOptions) =>
      releaseAfter((keep) => runEncode(keep, run, images, options)),
    );
}

async function runEncode(
  keep: Keep,
  directory: string,
  paths: readonly string[],
  options: EncodeCommandOptions,
): Promise<void> {
  const { out, precision, exact } = options;
  if (/\.(npy|npz|png|csv|json)$/i.test(out)) {
    throw new UserError(
      'invalid-argument',
      `cannot write ${out}: latents are written as safetensors; name it .safetensors`,
    );
  }
  outputFile(out, [...paths, options.data, ...conditionInputs(options.condition)]);
  const model = keep(await openModel(directory, options, [options.out]));
  const conditions = await givenConditions(model, options);
  const read = await readImages(paths, model, options, conditionsToRead(model, conditions));
  const { names, pixels, skipped } = read;
  const condition = choiceFrom(model.model, toImageSet(read, model, conditions));
  reportDevice(precision, options);
  const total = names.length;
  const { latents, verification, classes } = await withProgress(async (show) => {
    const onProgress = (label: string) => (done: number) => show(label, done, total, 'images');
    const classNumbers = await classesOfImages(model, pixels, options, {
      condition,
      onProgress: onProgress('classifying'),
    });
    const coding = { class: classNumbers, condition };
    const latents = await model.encode(pixels, { ...coding, precision, onProgress: onProgress('encoding') });
    const checking = { ...coding, onProgress: onProgress('checking') };
    const verification = await model.verify(pixels, latents, checking);
    const numbers = typeof classNumbers === 'number' ? names.map(() => classNumbers) : classNumbers;
    return { latents, verification, classes: numbers?.map((number) => model.classes[number]!) };
  });
  const { checksums, corrections, inexact } = verification;
  const encodedFrom = { checksums, ...(exact && { corrections }) };
  writeLatents(out, { names, latents, condition, ...(classes && { classes }), encodedFrom }, model);
  const shapes = model.latentShapes.map(showImageShape);
  writeStdout(
    options.json
      ? `${JSON.stringify({
          file: out,
          step: model.step,
          images: total,
          latents: model.latentShapes,
          ...(classes && { classes }),
          inexact: exact ? [] : inexact,
          ...(exact && { corrected: [...corrections.keys()] }),
          skipped,
        })}\n`
      : `${formatCounted(total, 'image')} encoded as latents of ${shapes.join(', ')}${stepText(model.step, options)}: ${visibleText(out)}\n` +
          (exact ? `${correctionsText(verification)}\n` : ''),
  );
  if (inexact.length > 0 && !exact && model.bits !== undefined) {
    const precise = precision === 'float64' ? '' : '--precision float64 or ';
    noteOnStderr(
      `${formatCounted(inexact.length, 'image')} cannot be decoded exactly: ${firstNames(names, inexact)}; ` +
        `encode with ${precise}--exact`,
    );
  }
  reportSkipped(skipped);
}

/** How many images are stored with corrections, and the kinds of corrections. */
function correctionsText({ corrections }: Verification): string {
  const correctionList = [...corrections.values()];
  const sparse = correctionList.flatMap(({ positions }) => positions ?? []);
  const pixels = sparse.reduce((total, { length }) => total + length, 0);
  const parts = [
    ...(pixels > 0 ? [`${formatCounted(pixels, 'value')} in ${formatCounted(sparse.length, 'image')}`] : []),
    ...(correctionList.length > sparse.length
      ? [`${formatCounted(correctionList.length - sparse.length, 'whole image')}`]
      : []),
  ];
  return `corrections stored: ${parts.length > 0 ? parts.join(', ') : 'none needed'}`;
}
