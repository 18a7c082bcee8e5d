// `emerging infer`: the posterior of the numbers that a model is conditioned on, given images.
import { type Command, InvalidArgumentError } from 'commander';
import { visibleText } from '../../../core/errors.ts';
import { countElements } from '../../../core/numeric/index.ts';
import type { Conditions, ConditionValues } from '../../../data/contract/index.ts';
import { imageFormats } from '../../../data/formats/imageDecoding.ts';
import { valuesOfConditions } from '../../../model/index.ts';
import { conditionComponents } from '../../../model/likelihood/index.ts';
import { countDraws } from '../../../model/measure/index.ts';
import { type Keep, releaseAfter } from '../../../tensor/engine/index.ts';
import { inferConditions, type Posterior } from '../../../uses/infer/index.ts';
import { uniformity } from '../../../uses/odd/index.ts';
import {
  addConditionOption,
  type ConditionCommandOptions,
  conditionsToRead,
  givenConditions,
  noteIfFar,
  toImageSet,
} from '../parts/conditionOption.ts';
import { addImageOptions, type ImageOptions, readImages, reportSkipped } from '../parts/imageInput.ts';
import { addModelOptions, MODEL, type ModelOptions, modelFolder, openModel } from '../parts/modelOptions.ts';
import { stepText, wholeNumber } from '../parts/options.ts';
import { outputAs } from '../parts/outputFile.ts';
import { conditionInputs } from '../parts/protectedFiles.ts';
import { csvText, formatCount, formatCounted } from '../terminal/format.ts';
import { untilInterrupted } from '../terminal/interruption.ts';
import { noteOnStderr, writeStdout } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';
import { formatTable, right } from '../terminal/table.ts';

type Ranges = Readonly<Record<string, readonly [number, number]>>;

interface InferCommandOptions extends ModelOptions, ImageOptions, ConditionCommandOptions {
  readonly range?: Ranges;
  readonly draws: number;
  readonly seed: number;
  readonly truth?: true;
  readonly out?: string;
  readonly json?: true;
}

/** Adds the arguments and options of `infer`, and what it does. */
export function registerInfer(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .argument('[images...]', `${imageFormats} files, or folders of them`)
    .option(
      '--range <name=low:high>',
      'the range of a uniform prior for a number; may be repeated (default: mean ± √3 deviations of the training images)',
      range,
    )
    .option('--draws <k>', 'dequantisation draws per image', wholeNumber(1), 4)
    .option('--seed <n>', 'random seed of the noise', wholeNumber(0), 0)
    .option('--truth', 'compare with the true numbers, from the conditions of the images')
    .option('--out <file>', 'write the results to a .csv file')
    .option('--json', 'print the result as JSON on stdout');
  addConditionOption(command, 'inferred; at most four numbers together');
  addModelOptions(addImageOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  emerging infer runs/maps observed.png --range omega=0.1:0.5 --condition sigma8=0.8\n' +
        "\nBayes' rule: the probability of each number given the image, p(numbers | image), is proportional to\n" +
        'p(image | numbers) inside the range. With several numbers, each result is for any value of the others.\n' +
        'With --truth, BELOW is the posterior probability of smaller numbers than the true one: over many images,\n' +
        'uniform between 0 and 1 if the model is right.\n' +
        '\nCtrl-C prints and writes the images that are done, with exit code 130.',
    )
    .action((run: string, images: string[], options: InferCommandOptions) =>
      releaseAfter((keep) => runInfer(keep, run, images, options)),
    );
}

async function runInfer(
  keep: Keep,
  directory: string,
  paths: readonly string[],
  options: InferCommandOptions,
): Promise<void> {
  const { range: ranges, draws, seed, out } = options;
  const inputs = [...paths, options.data, ...conditionInputs(options.condition)];
  const output = out === undefined ? undefined : outputAs('.csv', out, inputs);
  const model = keep(await openModel(directory, options, [options.out]));
  const conditions = await givenConditions(model, options);
  const inferred = conditionComponents(model.model).filter(
    ({ name, isNumber }) => isNumber && !conditions.names.includes(name),
  );
  for (const component of inferred) {
    for (const end of ranges?.[component.name] ?? []) {
      noteIfFar(component, end);
    }
  }
  // Numbers are inferred, but images are not.
  const wanted = conditionsToRead(
    model,
    conditions,
    ({ shape }) => countElements(shape) > 1 || options.truth === true,
  );
  const read = await readImages(paths, model, options, wanted);
  const { names, paths: files = names, pixels, skipped } = read;
  const set = toImageSet(read, model, conditions);
  const isInferred = (name: string): boolean => inferred.some((component) => component.name === name);
  const [truths, others] = [isInferred, (name: string) => !isInferred(name)].map((isWanted) =>
    Object.fromEntries(Object.entries(set.conditions ?? {}).filter(([name]) => isWanted(name))),
  ) as [Conditions, Conditions];
  const condition = valuesOfConditions(others, set.count);
  const posteriors: (readonly Posterior[])[] = [];
  const onImage = (posterior: readonly Posterior[]): number => posteriors.push(posterior);
  await withImageProgress('inferring', names.length, (onProgress, bar) =>
    untilInterrupted(
      () => bar.note('stopping: printing the images that are done; press Ctrl-C again to stop at once'),
      (signal) =>
        inferConditions(model, pixels, {
          range: ranges,
          condition,
          draws,
          seed,
          signal,
          onProgress,
          onImage,
        }),
    ),
  );
  if (posteriors.length < names.length) {
    const suffix = posteriors.length === 0 ? '' : '; the results are of these';
    noteOnStderr(
      `stopped after ${formatCount(posteriors.length)} of ${formatCounted(names.length, 'image')}${suffix}`,
    );
  }
  if (posteriors.length === 0) {
    return;
  }
  const images = posteriors.map((components, index) => ({
    file: files[index]!,
    posterior: components.map((component) => summarizePosterior(component, truths[component.name], index)),
  }));
  output?.write(inferenceCsv(images));
  const [{ posterior = [] } = {}] = images;
  const priors = posterior.map(
    ({ name, range: [low, high] }) => `${name} from ${short(low)} to ${short(high)}`,
  );
  writeStdout(
    options.json
      ? `${JSON.stringify({ step: model.step, images, condition: conditions.texts, draws: countDraws(model.model, options), seed, skipped, stopped: images.length < names.length })}\n`
      : `${inferenceTable(images)}\n${formatCounted(images.length, 'image')}${stepText(model.step, options)}; beforehand ${visibleText(priors.join(', '))}, equally likely\n${calibrationText(images)}${
          out === undefined ? '' : `${visibleText(out)}\n`
        }`,
  );
  noteCutOff(posteriors);
  noteUnresolved(posteriors);
  reportSkipped(skipped);
}

function range(text: string, earlier: Ranges = {}): Ranges {
  const [, name, low, high] = /^([^=]+)=([^:]+):([^:]+)$/.exec(text) ?? [];
  const [least, greatest] = [Number(low), Number(high)];
  if (name === undefined || !(least < greatest)) {
    throw new InvalidArgumentError('It must be a name and two numbers, the lower one first: omega=0.1:0.5.');
  }
  if (Object.hasOwn(earlier, name)) {
    throw new InvalidArgumentError(`The range of ${name} is given twice: keep one.`);
  }
  return { ...earlier, [name]: [least, greatest] };
}

/** Calibration measured on fewer images means little. */
const LEAST_CALIBRATION = 20;

/** A posterior of more than this share of its largest density at an end of the range is cut off there. */
const CUT_OFF = 0.1;

/** The posterior probabilities below the numbers of a result. */
const LEVELS = [0.05, 0.5, 0.95] as const;

/** Notes on stderr which posteriors don't fall off inside their range. */
function noteCutOff(posteriors: readonly (readonly Posterior[])[]): void {
  const [first = []] = posteriors;
  first.forEach(({ name }, component) => {
    const count = posteriors.filter((components) => isCutOff(components[component]!)).length;
    if (count > 0) {
      noteOnStderr(
        `the posterior of ${visibleText(name)}${affectedText(count, posteriors.length)} is cut off by its range, and depends on it: choose it with --range`,
      );
    }
  });
}

/** Notes on stderr how many posteriors their grids can't resolve. */
function noteUnresolved(posteriors: readonly (readonly Posterior[])[]): void {
  const count = posteriors.filter((components) => !components.every(({ isResolved }) => isResolved)).length;
  if (count > 0) {
    noteOnStderr(
      `the grid is too coarse for the posteriors${affectedText(count, posteriors.length)}, which may be wrong: give some numbers with --condition, or narrow --range`,
    );
  }
}

/** How many images are affected; empty if there is only one image. */
function affectedText(count: number, images: number): string {
  return images === 1 ? '' : ` of ${formatCount(count)} of ${formatCounted(images, 'image')}`;
}

/** Whether a posterior is still large at an end of its range. */
function isCutOff({ range: [low, high], bounds, probabilities }: Posterior): boolean {
  const enough = CUT_OFF * Math.max(...probabilities);
  return (
    (bounds[0]! <= low && probabilities[0]! > enough) ||
    (bounds.at(-1)! >= high && probabilities.at(-1)! > enough)
  );
}

/** The posterior of a number in a few numbers. */
interface Summary extends Pick<Posterior, 'name' | 'range' | 'mean' | 'deviation' | 'isResolved'> {
  readonly quantiles: Readonly<Record<string, number>>;
  /** The true number. */
  readonly truth?: number;
  /** The posterior probability of smaller numbers. */
  readonly below?: number;
}

/** An image and what is inferred from it. */
interface Inferred {
  readonly file: string;
  readonly posterior: readonly Summary[];
}

/** A posterior in a few numbers, and where the truth is in it, if it is known. */
function summarizePosterior(
  posterior: Posterior,
  truths: ConditionValues | undefined,
  image: number,
): Summary {
  const { name, range, mean, deviation, isResolved } = posterior;
  const quantiles = Object.fromEntries(LEVELS.map((level) => [String(level), posterior.quantile(level)]));
  const summary = { name, range, mean, deviation, isResolved, quantiles };
  if (truths === undefined) {
    return summary;
  }
  const value = new Float64Array(1);
  truths.read([image], value);
  const [truth] = value as unknown as [number];
  return { ...summary, truth, below: posterior.probabilityBelow(truth) };
}

/** Whether the posterior probabilities of smaller numbers than the true ones are uniform. */
function calibrationText(images: readonly Inferred[]): string {
  if (images.length < LEAST_CALIBRATION || !hasTruth(images)) {
    return '';
  }
  const [{ posterior }] = images as [Inferred];
  const tests = posterior.map(({ name }, index) => {
    const p = uniformity(images.map((image) => image.posterior[index]!.below!));
    return `${visibleText(name)} p ${p < 0.001 ? '< 0.001' : p.toPrecision(2)}`;
  });
  return `BELOW is uniform if the model is right (Kolmogorov-Smirnov): ${tests.join(', ')}\n`;
}

/** The numbers of a row, in the order of the columns. */
function listNumbers({ mean, deviation, quantiles, truth, below }: Summary): number[] {
  return [mean, deviation, ...Object.values(quantiles), ...(truth === undefined ? [] : [truth, below!])];
}

function hasTruth([first]: readonly Inferred[]): boolean {
  return first?.posterior[0]?.truth !== undefined;
}

/** The results as a table. */
function inferenceTable(images: readonly Inferred[]): string {
  const rows = images.flatMap(({ file, posterior }) =>
    posterior.map((summary) => [file, summary.name, ...listNumbers(summary).map(short)]),
  );
  const numbers = [
    'MEAN',
    '±',
    ...LEVELS.map((level) => `${100 * level} %`),
    ...(hasTruth(images) ? ['TRUE', 'BELOW'] : []),
  ];
  return formatTable(['IMAGE', 'CONDITION', ...numbers.map(right)], rows);
}

/** The results as CSV. */
function inferenceCsv(images: readonly Inferred[]): string {
  const lines = images.flatMap(({ file, posterior }) =>
    posterior.map((summary) => [csvText(file), csvText(summary.name), ...listNumbers(summary)].join(',')),
  );
  const levels = LEVELS.map((level) => `q${level}`);
  const truth = hasTruth(images) ? ['true', 'below'] : [];
  const header = ['file', 'condition', 'mean', 'deviation', ...levels, ...truth].join(',');
  return [header, ...lines, ''].join('\n');
}

/** A number with four digits. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
