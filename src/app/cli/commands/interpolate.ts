// `emerging interpolate`: interpolates between two images or samples, along a straight line in latent space.
import { type Command, InvalidArgumentError } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { type Values, valueKind } from '../../../core/numeric/index.ts';
import { exists } from '../../../data/files/index.node.ts';
import { contactSheet, requireDrawable } from '../../../data/pictures/index.ts';
import { type CodingOptions, DEFAULT_TEMPERATURE, type FlowModel, Latents } from '../../../model/index.ts';
import { type Keep, releaseAfter } from '../../../tensor/engine/index.ts';
import { addClassOption, type ClassOptions, chosenClass, classOfImage } from '../parts/classOption.ts';
import {
  addConditionOption,
  type ConditionCommandOptions,
  chosenCondition,
} from '../parts/conditionOption.ts';
import { addResizeOption, readImageAt } from '../parts/imageInput.ts';
import {
  addModelOptions,
  MODEL,
  type ModelOptions,
  modelFolder,
  openModel,
  overflowNote,
} from '../parts/modelOptions.ts';
import { nonNegative, stepText, wholeNumber } from '../parts/options.ts';
import { outputPng } from '../parts/outputFile.ts';
import { conditionInputs } from '../parts/protectedFiles.ts';
import { writeStdout } from '../terminal/output.ts';

interface InterpolateCommandOptions extends ModelOptions, ClassOptions, ConditionCommandOptions {
  readonly steps: number;
  readonly temperature: number;
  readonly resize?: boolean;
  readonly out: string;
  readonly json?: true;
}

/** Adds the arguments and options of `interpolate`, and what it does. */
export function registerInterpolate(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .argument('<a>', 'one end: an image file, or seed:N for the first image of emerging sample --seed N')
    .argument('<b>', 'the other end, likewise')
    .requiredOption('--out <file>', 'the PNG to write')
    .option('--steps <n>', 'images in the row, both ends included', atLeastTwo, 8)
    .option(
      '--temperature <t>',
      'standard deviation of the latents drawn from seeds',
      nonNegative,
      DEFAULT_TEMPERATURE,
    )
    .option('--json', 'print the result as JSON on stdout');
  addClassOption(command, 'the most probable class of the first image, or the first class');
  addConditionOption(command, 'none; every condition is required');
  addModelOptions(addResizeOption(command))
    .addHelpText(
      'after',
      '\nExample:\n  emerging interpolate runs/quickstart seed:1 seed:2 --temperature 0.8 --out between.png',
    )
    .action((run: string, a: string, b: string, options: InterpolateCommandOptions) =>
      releaseAfter((keep) => runInterpolate(keep, run, [a, b], options)),
    );
}

async function runInterpolate(
  keep: Keep,
  directory: string,
  ends: readonly [string, string],
  options: InterpolateCommandOptions,
): Promise<void> {
  const { steps, out } = options;
  const output = outputPng(out, [...ends, ...conditionInputs(options.condition)]);
  const model = keep(await openModel(directory, options, [options.out]));
  requireDrawable(steps, { imageShape: model.imageShape, kind: model.kind, columns: steps });
  const [first, last] = [await readEnd(ends[0], model, options), await readEnd(ends[1], model, options)];
  const image = [first, last].find(isImage);
  const condition = await chosenCondition(model, options);
  const classNumber = image && (await classOfImage(model, image, options, condition));
  const choice = classNumber ?? chosenClass(model, options.class);
  const coding = { class: choice, condition };
  const [a, b] = [await resolveLatents(first, model, coding), await resolveLatents(last, model, coding)];
  let overflowed = 0;
  const images = await model.decode(Latents.interpolate(a, b, steps), {
    ...coding,
    onOverflow: (overflowing) => {
      overflowed = overflowing.length;
    },
  });
  const remedy = 'choose other ends, or lower --temperature if they are seeds';
  if (overflowed === steps) {
    throw new UserError('diverged', `none of the ${steps} images has finite values: ${remedy}`);
  }
  output.write(contactSheet(images, { imageShape: model.imageShape, columns: steps }));
  const [from, to] = ends;
  writeStdout(
    options.json
      ? `${JSON.stringify({ file: out, step: model.step, from, to, steps, overflowed })}\n`
      : `${visibleText(`${steps} images from ${from} to ${to}${stepText(model.step, options)}: ${out}`)}\n${overflowNote(model, { overflowed, count: steps, what: 'images', remedy })}`,
  );
}

/** Whether one end is an image, not latents. */
function isImage(end: Latents | Values): end is Values {
  return valueKind(end) !== undefined;
}

/** The latents of one end; an image is encoded under the class and the condition of the interpolation. */
async function resolveLatents(
  end: Latents | Values,
  model: FlowModel,
  coding: CodingOptions,
): Promise<Latents> {
  return isImage(end) ? model.encode(end, coding) : end;
}

/** What one end is: latents drawn from a seed, or the pixels of an image. */
async function readEnd(
  end: string,
  model: FlowModel,
  { temperature, resize }: InterpolateCommandOptions,
): Promise<Latents | Values> {
  if (/^\d+$/.test(end) && !exists(end)) {
    throw new UserError('not-found', `there is no file ${end}; did you mean seed:${end}?`);
  }
  if (!end.startsWith('seed:')) {
    return (await readImageAt(end, model, { resize })).pixels;
  }
  const seed = Number(end.slice('seed:'.length));
  if (!/^seed:\d+$/.test(end) || !Number.isSafeInteger(seed)) {
    throw new UserError(
      'invalid-argument',
      `'${end}' must be seed: followed by a whole number, such as seed:7`,
    );
  }
  return model.drawLatents({ count: 1, temperature, seed });
}

function atLeastTwo(text: string): number {
  const steps = wholeNumber(1)(text);
  if (steps < 2) {
    throw new InvalidArgumentError('It must be 2 or more: the row includes both ends.');
  }
  return steps;
}
