// `emerging edit`: moves an image along the difference between two groups of images, or to another class.
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { concatenated, countDimensions, type Values } from '../../../core/numeric/index.ts';
import { realPath } from '../../../data/files/index.node.ts';
import { imageFormats } from '../../../data/formats/imageDecoding.ts';
import { contactSheet } from '../../../data/pictures/index.ts';
import {
  type CodingOptions,
  type FlowModel,
  Latents,
  largestLatent,
  measureSeparation,
  type Separation,
  whyTooFarOut,
} from '../../../model/index.ts';
import { type Keep, releaseAfter } from '../../../tensor/engine/index.ts';
import { addClassOption, type ClassOptions, chosenClasses, classOfImage } from '../parts/classOption.ts';
import {
  addConditionOption,
  type ConditionCommandOptions,
  chosenCondition,
} from '../parts/conditionOption.ts';
import { addResizeOption, readImageAt, readImagesAt, reportSkipped } from '../parts/imageInput.ts';
import { addModelOptions, MODEL, type ModelOptions, modelFolder, openModel } from '../parts/modelOptions.ts';
import { collect, numberThat, stepText } from '../parts/options.ts';
import { outputPng } from '../parts/outputFile.ts';
import { conditionInputs } from '../parts/protectedFiles.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';

interface EditCommandOptions extends ModelOptions, ClassOptions, ConditionCommandOptions {
  readonly from?: string;
  readonly towards?: string;
  readonly toClass?: readonly string[];
  readonly amount?: readonly number[];
  readonly resize?: boolean;
  readonly out: string;
  readonly json?: true;
}

/** Adds the arguments and options of `edit`, and what it does. */
export function registerEdit(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .argument('<image>', `a ${imageFormats} file`)
    .option('--from <dir>', 'a folder of images without the attribute to add')
    .option('--towards <dir>', 'a folder of images with the attribute')
    .option(
      '--to-class <name|n|all>',
      'instead, for a model with classes: the class to move to, by name or number; may be repeated',
      collect,
    )
    .option(
      '--amount <a>',
      'how far: 1 is the full difference of their mean latents, negative values move away; may be repeated ' +
        '(default: 1)',
      amounts,
    )
    .requiredOption('--out <file>', 'the PNG to write')
    .option('--json', 'print the result as JSON on stdout');
  addClassOption(command, 'the most probable class of the image');
  addConditionOption(command, 'none; every condition is required');
  addModelOptions(addResizeOption(command))
    .addHelpText(
      'after',
      '\nExamples:\n  emerging edit runs/quickstart 3.png --from thin --towards bold --amount 0.5 --amount 1 ' +
        '--out bolder.png\n' +
        '  emerging edit runs/digits 3.png --class 3 --to-class all --out all.png\n' +
        '\nThe PNG shows the image, its reconstruction, and one image for each amount or class. To move an image to\n' +
        'another class, its latents are decoded with that class: relative to the mean and deviation of the top prior of\n' +
        'each class, they stay the same.',
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
  const { out, toClass, from, towards, condition } = options;
  const output = outputPng(out, [image, from, towards, ...conditionInputs(condition)]);
  const groups = parseGroups(options);
  const model = keep(await openModel(directory, options, [options.out]));
  const edit = groups
    ? await moveBetweenGroups(model, image, groups, options)
    : await moveToClasses(model, image, toClass!, options);
  const { imageShape } = model;
  output.write(contactSheet(edit.row, { imageShape, columns: edit.columns.length }));
  writeStdout(
    options.json
      ? `${JSON.stringify({ file: out, step: model.step, image, ...edit.report, skipped: edit.skipped })}\n`
      : `${visibleText(image)} ${visibleText(edit.text)}${stepText(model.step, options)}: ${visibleText(out)}\n` +
          `columns: ${visibleText(edit.columns.join(', '))}\n${edit.notes.map((note) => `${visibleText(note)}\n`).join('')}`,
  );
  reportSkipped(edit.skipped);
}

/** Two folders of images that differ in an attribute. */
interface Groups {
  readonly from: string;
  readonly towards: string;
}

/** An edited image: the pictures of a row, what each shows, and what was done. */
interface Edit {
  readonly row: Values;
  readonly columns: readonly string[];
  readonly text: string;
  /** More lines about it. */
  readonly notes: readonly string[];
  readonly report: object;
  readonly skipped: readonly string[];
}

/** The folders to move an image between; undefined if it is moved to a class. */
function parseGroups({ from, towards, toClass, amount }: EditCommandOptions): Groups | undefined {
  if (toClass !== undefined) {
    if (from !== undefined || towards !== undefined || amount !== undefined) {
      throw new UserError(
        'invalid-argument',
        '--to-class cannot be combined with --from, --towards or --amount: leave these out',
      );
    }
    return undefined;
  }
  if (from === undefined || towards === undefined) {
    throw new UserError(
      'invalid-argument',
      'name two folders of images, --from and --towards, or a class of the model with --to-class',
    );
  }
  if (realPath(from) === realPath(towards)) {
    throw new UserError(
      'invalid-argument',
      `--from ${from} and --towards ${towards} are the same, so nothing would change: name two different folders`,
    );
  }
  return { from, towards };
}

/** Moves an image along the difference of the mean latents of two groups. */
async function moveBetweenGroups(
  model: FlowModel,
  image: string,
  { from, towards }: Groups,
  options: EditCommandOptions,
): Promise<Edit> {
  const { amount = [1] } = options;
  const read = (path: string) => readImagesAt([path], model, options);
  const [original, start, end] = [
    await readImageAt(image, model, options),
    await read(from),
    await read(towards),
  ];
  // One class and one condition for all images make their latents comparable.
  const condition = await chosenCondition(model, options);
  const coding = { class: await classOfImage(model, original.pixels, options, condition), condition };
  const ofStart = await model.encode(start.pixels, coding);
  const ofEnd = await model.encode(end.pixels, coding);
  const direction = { from: Latents.mean(ofStart), towards: Latents.mean(ofEnd) };
  const separation = measureSeparation(ofStart, ofEnd);
  const latents = await model.encode(original.pixels, coding);
  // Amount 0 is the reconstruction.
  const moved = Latents.move(latents, { ...direction, amounts: [0, ...amount] });
  const edited = await decodeMoved(model, moved, {
    ...coding,
    nameAt: (index) => (index === 0 ? image : `${image} moved by ${amount[index - 1]}`),
    remedy: 'choose a smaller --amount, or other images',
  });
  const counts = { from: start.names.length, towards: end.names.length };
  return {
    row: concatenated(original.pixels, edited),
    columns: ['original', 'reconstruction', ...amount.map(String)],
    text: `from ${formatCounted(counts.from, 'image')} towards ${formatCounted(counts.towards, 'image')} by ${amount.join(', ')}`,
    notes: [separationText(separation, { from, towards }, counts)],
    report: { amounts: amount, images: counts, separation },
    skipped: [original, start, end].flatMap((images) => images.skipped),
  };
}

/** How far the direction can be trusted. */
function separationText(
  separation: Separation | null,
  { from, towards }: Groups,
  counts: { readonly from: number; readonly towards: number },
): string {
  if (separation === null) {
    return 'separation: unknown, since it takes two images or more in each folder';
  }
  return (
    `separation: ${separation.from} of ${formatCounted(counts.from, 'image')} in ${from} and ${separation.towards} of ` +
    `${formatCount(counts.towards)} in ${towards} are nearer to the mean latents of the other images of their folder ` +
    '(about half if the folders do not differ)'
  );
}

/** Moves an image to other classes: encoded under its own, decoded under each of them. */
async function moveToClasses(
  model: FlowModel,
  image: string,
  names: readonly string[],
  options: EditCommandOptions,
): Promise<Edit> {
  const targets = chosenClasses(model, names);
  const original = await readImageAt(image, model, options);
  const condition = await chosenCondition(model, options);
  const originalClass = (await classOfImage(model, original.pixels, options, condition))!;
  const latents = await model.encode(original.pixels, { class: originalClass, condition });
  const classes = [originalClass, ...targets];
  // The same latents for each class.
  const copies = Latents.move(latents, { from: latents, towards: latents, amounts: classes.map(() => 0) });
  const nameOfClass = (number: number): string => model.classes[number]!;
  const edited = await decodeMoved(model, copies, {
    class: classes,
    condition,
    nameAt: (index) => (index === 0 ? image : `${image} as ${nameOfClass(classes[index]!)}`),
    remedy: 'choose another class, or another image',
  });
  return {
    row: concatenated(original.pixels, edited),
    columns: ['original', `reconstruction (${nameOfClass(originalClass)})`, ...targets.map(nameOfClass)],
    text: `from class ${nameOfClass(originalClass)} to ${targets.map(nameOfClass).join(', ')}`,
    notes: [],
    report: { class: nameOfClass(originalClass), classes: targets.map(nameOfClass) },
    skipped: original.skipped,
  };
}

const parseAmount = numberThat(() => true, 'one finite number, such as 0.5; repeat the option for several');

function amounts(text: string, earlier: readonly number[] = []): readonly number[] {
  return [...earlier, parseAmount(text)];
}

/**
 * The images of latents.
 *
 * @param nameAt what the image at an index is, for the error
 * @param remedy what to do about an image that cannot be decoded
 * @throws UserError (`diverged`) if the values of an image are not finite
 */
async function decodeMoved(
  model: FlowModel,
  latents: Latents,
  { nameAt, remedy, ...coding }: CodingOptions & { nameAt: (index: number) => string; remedy: string },
): Promise<Values> {
  const values = await model.decodeValues(latents, coding);
  const size = countDimensions(model.imageShape);
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const image = Math.floor(broken / size);
    const why = whyTooFarOut(largestLatent(latents, image));
    throw new UserError('diverged', `${nameAt(image)} cannot be decoded: ${why}; ${remedy}`);
  }
  return model.toPixels(values);
}
