// `emerging encode`: writes the latents of images to a file that `emerging decode` reads.
import { type Command, Option } from 'commander';
import { type Precision, precisions } from '../../engine/onnx/emitter.ts';
import { type Keep, releaseAfter } from '../../engine/resources.ts';
import { writeLatents } from '../../evaluation/model/latentsFile.ts';
import { loadModel } from '../../evaluation/model/loadModel.ts';
import { showImageShape } from '../../numeric/imageShape.ts';
import { visibleText } from '../../visibleText.ts';
import { addImageOptions, type ImageOptions, readImages, reportSkipped } from '../imageInput.ts';
import {
  addCheckpointOption,
  addEngineOptions,
  type CheckpointOptions,
  compileOptions,
  type EngineOptions,
  noteDeviceOf,
  oneOf,
  stepText,
} from '../options.ts';
import { requireWritableOutput } from '../requireWritable.ts';
import { formatCounted } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';

interface EncodeCommandOptions extends EngineOptions, CheckpointOptions, ImageOptions {
  readonly out: string;
  readonly precision: Precision;
  readonly json?: true;
}

/** Adds the command `encode` to the program. */
export function registerEncode(program: Command): void {
  const command = program
    .command('encode')
    .description('encode images as latents')
    .argument('<run>', 'a run folder, or an exported model')
    .argument('[images...]', 'PNG, JPEG or WebP files, or folders of them')
    .requiredOption('--out <file>', 'the safetensors file to write')
    .addOption(
      new Option(
        '--precision <name>',
        `the precision of the latents and of decoding them: ${precisions.join(', ')}`,
      )
        .argParser(oneOf('precision', precisions))
        .default('float32'),
    )
    .option('--json', 'print the result as JSON on stdout');
  addEngineOptions(addCheckpointOption(addImageOptions(command)))
    .addHelpText(
      'after',
      '\nExample:\n  emerging encode runs/quickstart --data mnist --count 100 --out digits.safetensors\n' +
        '\nThe file contains latent/0, split off at level 0, to latent/k, the top level, and the image names.',
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
  const { out, precision, step } = options;
  requireWritableOutput(out);
  const model = keep(await loadModel(directory, { ...(await compileOptions(options)), step }));
  const { names, pixels, skipped } = await readImages(paths, model.imageShape, options);
  noteDeviceOf(precision, options);
  const bar = createProgress({ label: 'encoding', total: names.length, unit: 'images' });
  try {
    const latents = await model.encode(pixels, { precision, onProgress: (done) => bar.update(done) });
    writeLatents(out, { names, latents }, model);
  } finally {
    bar.finish();
  }
  const shapes = model.latentShapes.map(showImageShape);
  writeStdout(
    options.json
      ? `${JSON.stringify({ file: out, step: model.step, images: names.length, latents: model.latentShapes, skipped })}\n`
      : `${formatCounted(names.length, 'image')} encoded as latents of ${shapes.join(', ')}${stepText(model.step, options)}: ${visibleText(out)}\n`,
  );
  reportSkipped(skipped);
}
