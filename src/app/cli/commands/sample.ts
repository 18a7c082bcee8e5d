// `emerging sample`: samples images from a run, as a PNG grid, or points, as a table.
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { countDimensions, type ImageShape, isPointShape, type Values } from '../../../core/numeric/index.ts';
import { npyBytes } from '../../../data/formats/npy.ts';
import { pointsPicture } from '../../../data/pictures/drawPlot.ts';
import { contactSheet, requireDrawable } from '../../../data/pictures/index.ts';
import { DEFAULT_TEMPERATURE, type FlowModel } from '../../../model/index.ts';
import { type Keep, releaseAfter } from '../../../tensor/engine/index.ts';
import { addClassOption, type ClassOptions, chosenClass } from '../parts/classOption.ts';
import {
  addConditionOption,
  type ConditionCommandOptions,
  chosenConditions,
  givenConditions,
} from '../parts/conditionOption.ts';
import {
  addModelOptions,
  MODEL,
  type ModelOptions,
  modelFolder,
  openModel,
  overflowNote,
} from '../parts/modelOptions.ts';
import { nonNegative, stepText, wholeNumber } from '../parts/options.ts';
import { besideModel, freeOutput, outputAs, outputFile, outputPng } from '../parts/outputFile.ts';
import { conditionInputs } from '../parts/protectedFiles.ts';
import { csvText, firstNames, formatCount, formatCounted, formatDuration } from '../terminal/format.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';

interface SampleCommandOptions extends ModelOptions, ClassOptions, ConditionCommandOptions {
  count?: number;
  temperature: number;
  seed: number;
  out?: string;
  array?: string;
  json?: true;
}

/** How many images are drawn by default. */
const DEFAULT_COUNT = 64;
/** The same for points. */
const DEFAULT_POINTS = 1000;

/** Adds the arguments and options of `sample`, and what it does. */
export function registerSample(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .option(
      '--out <file>',
      'the PNG to write, for points a .csv, .npy or .png file (default: samples.png, for points samples.csv, next to the run, in the working directory for a bundled model; samples-2.png if it exists, and so on)',
    )
    .option(
      '--array <file>',
      'write the values as a NumPy array (.npy): all bits, real numbers of continuous models',
    )
    .option(
      '--count <n>',
      `how many images (default: ${DEFAULT_COUNT}, points ${DEFAULT_POINTS}, or one for each row of a file of conditions if there are more)`,
      wholeNumber(1),
    )
    .option(
      '--temperature <t>',
      'standard deviation of the latents: 1 samples the model itself, lower values give smoother, less varied images',
      nonNegative,
      DEFAULT_TEMPERATURE,
    )
    .option('--seed <n>', 'random seed of the latents', wholeNumber(0), 0)
    .option('--json', 'print the result as JSON on stdout');
  addClassOption(command, 'all, a row for each with an equal share of the images');
  addConditionOption(command, 'none; every condition is required');
  addModelOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  emerging sample runs/quickstart --count 100 --temperature 0.7 --out digits.png\n' +
        '  emerging sample runs/digits --class 7 --temperature 0.7 --out sevens.png\n' +
        '  emerging sample runs/maps --condition omega=0.3 --condition sigma8=0.8 --out maps.png\n' +
        '  emerging sample runs/moons --count 5000 --out points.csv',
    )
    .action((run: string, options: SampleCommandOptions) =>
      releaseAfter((keep) => runSample(keep, run, options)),
    );
}

async function runSample(keep: Keep, directory: string, options: SampleCommandOptions): Promise<void> {
  const { temperature, seed, out } = options;
  const inputs = conditionInputs(options.condition);
  const isTable = out !== undefined && /\.(csv|npy)$/i.test(out);
  const named = out === undefined ? undefined : isTable ? outputFile(out, inputs) : outputPng(out, inputs);
  const array = options.array === undefined ? undefined : outputAs('.npy', options.array, inputs);
  const model = keep(await openModel(directory, options, [named?.path, options.array]));
  const isPoints = isPointShape(model.imageShape);
  if (isTable && !isPoints) {
    throw new UserError(
      'invalid-argument',
      `cannot write ${out}: it samples images, which are drawn as PNG; --array FILE.npy writes their values`,
    );
  }
  const byDefault = (): ReturnType<typeof outputFile> =>
    freeOutput(besideModel(directory, isPoints ? 'samples.csv' : 'samples.png'), (free) =>
      outputFile(free, inputs),
    );
  const output = named ?? (array ? undefined : byDefault());
  const conditions = await givenConditions(model, options);
  const chosen = chosenConditions(model, conditions);
  const { count, columns, classes } = chooseSheet(model, chosen.rows, options);
  const noun = isPoints ? 'point' : 'image';
  if (options.count !== undefined && count !== options.count) {
    noteOnStderr(`${formatCounted(count, noun)} instead of ${formatCount(options.count)}, to fill every row`);
  }
  const condition = chosen.choiceFor(count);
  if (output && !isPoints) {
    requireDrawable(count, { imageShape: model.imageShape, kind: model.kind, ...columns });
  }
  const begin = performance.now();
  let overflowed = 0;
  const onOverflow = (overflowing: readonly number[]): void => {
    overflowed = overflowing.length;
  };
  const drawing = { count, class: classes, condition, temperature, seed, onOverflow };
  const images = await withImageProgress(
    'sampling',
    count,
    (onProgress) => model.sample({ ...drawing, onProgress }),
    `${noun}s`,
  );
  if (overflowed === count) {
    throw new UserError(
      'diverged',
      `no sample of ${directory} at temperature ${temperature} has finite values: try a lower temperature, or train longer`,
    );
  }
  const seconds = (performance.now() - begin) / 1000;
  output?.write(await fileContent(output.path, images, model, columns));
  array?.write(arrayBytes(images, model.imageShape));
  if (options.json) {
    const result = {
      ...(output && { file: output.path }),
      ...(array && { array: array.path }),
      step: model.step,
      count,
      ...classReport(model, options),
      ...(model.model.options.condition && { condition: conditions.texts }),
      ...{ temperature, seed, seconds, overflowed },
    };
    writeStdout(`${JSON.stringify(result)}\n`);
    return;
  }
  const drawn = `${formatCounted(count, noun)}${classText(model, options)} at temperature ${temperature}`;
  const duration = `${stepText(model.step, options)} in ${formatDuration(seconds)}`;
  const file = output ? `: ${visibleText(output.path)}` : '';
  const values = array ? `values: ${visibleText(array.path)}\n` : '';
  writeStdout(`${drawn}${duration}${file}\n${overflowNote(model, { overflowed, count })}${values}`);
}

/**
 * The number of images, their classes and the number of columns: without `--class`, a row for each class under each
 * of several conditions.
 */
function chooseSheet(
  model: FlowModel,
  conditions: number,
  { count: wanted, class: name }: SampleCommandOptions,
): { count: number; columns?: { columns: number }; classes?: number | number[] | undefined } {
  const classCount = name === undefined ? Math.max(1, model.classes.length) : 1;
  const least = classCount * conditions;
  if (wanted !== undefined && conditions > 1 && wanted < least) {
    const ofClasses = classCount === 1 ? '' : ` and ${classCount} classes`;
    throw new UserError(
      'invalid-argument',
      `--count ${wanted} is less than one image for each of the ${conditions} rows of conditions${ofClasses}: give at least ${least}, leave it out, or use a file with fewer rows`,
    );
  }
  const count =
    wanted ?? (isPointShape(model.imageShape) ? Math.max(DEFAULT_POINTS, conditions) : DEFAULT_COUNT);
  const rows = name === undefined ? least : 1;
  const columns = Math.max(1, Math.floor(count / rows));
  if (rows === 1 || model.classes.length === 0) {
    const sheet = rows === 1 ? { count } : { count: rows * columns, columns: { columns } };
    return { ...sheet, classes: chosenClass(model, name) };
  }
  const classes = Array.from(
    { length: rows * columns },
    (_, image) => Math.floor(image / columns) % model.classes.length,
  );
  return { count: rows * columns, columns: { columns }, classes };
}

/** Samples as the file that a name asks for: a table or a plot of points, or a sheet of images. */
async function fileContent(
  path: string,
  samples: Values,
  { imageShape, model }: FlowModel,
  sheet: { readonly columns?: number } | undefined,
): Promise<string | Uint8Array> {
  if (/\.csv$/i.test(path)) {
    return pointsCsv(samples, imageShape[2], model.values.columns);
  }
  if (/\.npy$/i.test(path)) {
    return arrayBytes(samples, imageShape);
  }
  return isPointShape(imageShape)
    ? pointsPicture(samples, imageShape[2])
    : contactSheet(samples, { imageShape, ...sheet });
}

/** Samples as the bytes of an array: `[N, D]` for points, `[N, H, W, C]` for images. */
function arrayBytes(samples: Values, imageShape: ImageShape): Uint8Array {
  const count = samples.length / countDimensions(imageShape);
  return npyBytes(samples, isPointShape(imageShape) ? [count, imageShape[2]] : [count, ...imageShape]);
}

/** Points as CSV, a row each, with the columns of the training points or x0, x1, …. */
function pointsCsv(values: Values, dimensions: number, columns: readonly string[] = []): string {
  const titles = Array.from({ length: dimensions }, (_, index) => csvText(columns[index] ?? `x${index}`));
  const rows = Array.from({ length: values.length / dimensions }, (_, point) =>
    values.subarray(point * dimensions, (point + 1) * dimensions).join(','),
  );
  return `${[titles.join(','), ...rows].join('\n')}\n`;
}

/** The class or classes of the images, for the result as JSON. */
function classReport(model: FlowModel, { class: name }: SampleCommandOptions): object {
  const chosen = chosenClass(model, name);
  const classes = chosen === undefined ? model.classes : [model.classes[chosen]!];
  return model.classes.length === 0 ? {} : { classes };
}

/** The class or classes of the images, for the result as text; empty for a model without classes. */
function classText(model: FlowModel, { class: name }: SampleCommandOptions): string {
  const chosen = chosenClass(model, name);
  if (chosen !== undefined) {
    return visibleText(` of class ${model.classes[chosen]}`);
  }
  return model.classes.length === 0
    ? ''
    : visibleText(`, a row for each class (${firstNames(model.classes, [...model.classes.keys()])}),`);
}
