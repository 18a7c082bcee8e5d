// `emerging edit`: moves an image along the difference between two groups of images.
import { type Command, InvalidArgumentError } from 'commander';
import { imageFormats } from '../../data/formats/imageDecoding.ts';
import { type Keep, releaseAfter } from '../../engine/resources.ts';
import { UserError } from '../../errors.ts';
import { meanLatents, moveLatents } from '../../evaluation/model/latents.ts';
import { loadModel } from '../../evaluation/model/loadModel.ts';
import { contactSheet } from '../../pictures/contactSheet.ts';
import { realPath, writeFileAtomically } from '../../storage/files.ts';
import { visibleText } from '../../visibleText.ts';
import { decodeMoved } from '../decodeMoved.ts';
import { addResizeOption, readImages, reportSkipped } from '../imageInput.ts';
import {
  addCheckpointOption,
  addEngineOptions,
  type CheckpointOptions,
  compileOptions,
  type EngineOptions,
  stepText,
} from '../options.ts';
import { requireWritablePng } from '../requireWritable.ts';
import { formatCounted } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';

interface EditCommandOptions extends EngineOptions, CheckpointOptions {
  readonly from: string;
  readonly towards: string;
  readonly amount?: readonly number[];
  readonly resize?: boolean;
  readonly out: string;
  readonly json?: true;
}

/** Adds the command `edit` to the program. */
export function registerEdit(program: Command): void {
  const command = program
    .command('edit')
    .description('move an image along the difference between two groups of images')
    .argument('<run>', 'a run folder, or an exported model')
    .argument('<image>', `a ${imageFormats} file`)
    .requiredOption('--from <dir>', 'a folder of images without the attribute to add')
    .requiredOption('--towards <dir>', 'a folder of images with the attribute')
    .option(
      '--amount <a>',
      'how far: 1 is the full difference of their mean latents, negative values move away; may be repeated ' +
        '(default: 1)',
      amounts,
    )
    .requiredOption('--out <file>', 'the PNG to write')
    .option('--json', 'print the result as JSON on stdout');
  addEngineOptions(addCheckpointOption(addResizeOption(command)))
    .addHelpText(
      'after',
      '\nExample:\n  emerging edit runs/quickstart 3.png --from thin --towards bold --amount 0.5 --amount 1 ' +
        '--out bolder.png\n' +
        '\nThe PNG shows the image, its reconstruction, and one image for each amount.',
    )
    .action((run: string, image: string, options: EditCommandOptions) =>
      releaseAfter((keep) => runEdit(keep, run, image, options)),
    );
}

async function runEdit(
  keep: Keep,
  directory: string,
  image: string,
  options: EditCommandOptions,
): Promise<void> {
  const { out, from, towards, amount = [1], step } = options;
  requireWritablePng(out);
  if (realPath(from) === realPath(towards)) {
    throw new UserError(
      'invalid-argument',
      `--from ${from} and --towards ${towards} are the same, so nothing would change: name two different folders`,
    );
  }
  const model = keep(await loadModel(directory, { ...(await compileOptions(options)), step }));
  const { resize } = options;
  const read = (path: string) => readImages([path], model.imageShape, { resize });
  const [original, start, end] = [await read(image), await read(from), await read(towards)];
  if (original.names.length > 1) {
    throw new UserError(
      'invalid-argument',
      `${image} contains ${original.names.length} images: name one of them`,
    );
  }
  const mean = async ({ pixels }: { pixels: Uint8Array }) => meanLatents(await model.encode(pixels));
  const direction = { from: await mean(start), towards: await mean(end) };
  const latents = await model.encode(original.pixels);
  // Amount 0 is the reconstruction.
  const moved = moveLatents(latents, { ...direction, amounts: [0, ...amount] });
  const edited = await decodeMoved(model, moved, {
    nameOf: (index) => (index === 0 ? image : `${image} moved by ${amount[index - 1]}`),
    remedy: 'choose a smaller --amount, or other images',
  });
  const row = Uint8Array.from([...original.pixels, ...edited]);
  const { imageShape } = model;
  writeFileAtomically(out, contactSheet(row, { imageShape, columns: 2 + amount.length }));
  const counts = { from: start.names.length, towards: end.names.length };
  const skipped = [original, start, end].flatMap((images) => images.skipped);
  writeStdout(
    options.json
      ? `${JSON.stringify({ file: out, step: model.step, image, amounts: amount, images: counts, skipped })}\n`
      : `${visibleText(image)} from ${formatCounted(counts.from, 'image')} towards ${formatCounted(counts.towards, 'image')} ` +
          `by ${amount.join(', ')}${stepText(model.step, options)}: ${visibleText(out)}\n` +
          `columns: original, reconstruction, ${amount.join(', ')}\n`,
  );
  reportSkipped(skipped);
}

function amounts(text: string, earlier: readonly number[] = []): readonly number[] {
  const amount = Number(text);
  if (text.trim() === '' || !Number.isFinite(amount)) {
    throw new InvalidArgumentError(
      'It must be one finite number, such as 0.5; repeat the option for several.',
    );
  }
  return [...earlier, amount];
}
