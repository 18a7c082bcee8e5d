// `emerging infer`: the posterior of the numbers that a model is conditioned on, given images.
import { type Command, InvalidArgumentError } from 'commander';
import { imageFormats } from '../../data/formats/imageDecoding.ts';
import { type Keep, releaseAfter } from '../../engine/resources.ts';
import { type ComponentPosterior, inferConditions, quantile } from '../../evaluation/infer/posterior.ts';
import { valuesOfConditions } from '../../trained/model/conditions.ts';
import { visibleText } from '../../visibleText.ts';
import {
  addConditionOption,
  type ConditionCommandOptions,
  givenConditions,
} from '../parts/conditionOption.ts';
import { conditionsToRead, imageSetOf } from '../parts/conditionsOfImages.ts';
import { addImageOptions, type ImageOptions, readImages, reportSkipped } from '../parts/imageInput.ts';
import { addModelOptions, type ModelOptions, openModel } from '../parts/modelOptions.ts';
import { stepText, wholeNumber } from '../parts/options.ts';
import { outputFile } from '../parts/outputFile.ts';
import { formatCounted } from '../terminal/format.ts';
import { withImageProgress } from '../terminal/imageProgress.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

type Ranges = Readonly<Record<string, readonly [number, number]>>;

interface InferCommandOptions extends ModelOptions, ImageOptions, ConditionCommandOptions {
  readonly range?: Ranges;
  readonly draws: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: true;
}

/** The posterior probabilities below the numbers of a result. */
const LEVELS = [0.05, 0.5, 0.95] as const;

/** Adds the arguments and options of `infer`, and what it does. */
export function registerInfer(command: Command): void {
  command
    .argument('<run>', 'a run folder, or an exported model')
    .argument('[images...]', `${imageFormats} files, or folders of them`)
    .option(
      '--range <name=low:high>',
      'the values of a number that are equally likely beforehand; may be repeated (default: mean ± √3 deviations of the training images)',
      range,
    )
    .option('--draws <k>', 'dequantisation draws per image', wholeNumber(1), 4)
    .option('--seed <n>', 'random seed of the noise', wholeNumber(0), 0)
    .option('--out <file>', 'write the results to a .csv file')
    .option('--json', 'print the result as JSON on stdout');
  addConditionOption(command, 'inferred; at most four numbers together');
  addModelOptions(addImageOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  emerging infer runs/maps observed.png --range omega=0.1:0.5 --condition sigma8=0.8\n' +
        "\nBayes' rule: the probability of each number given the image, p(numbers | image), is proportional to\n" +
        'p(image | numbers) inside the range. With several numbers, each result is for any value of the others.',
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
  const output = out === undefined ? undefined : outputFile(out);
  const model = keep(await openModel(directory, options));
  const given = await givenConditions(model, options);
  // Numbers are inferred, but images are not.
  const wanted = conditionsToRead(model, given, ({ image }) => image === true);
  const read = await readImages(paths, model.imageShape, options, wanted);
  const { names, paths: files = names, pixels, skipped } = read;
  const set = imageSetOf(read, model, given);
  const condition = valuesOfConditions(set.conditions ?? {}, set.count);
  const posteriors = await withImageProgress('inferring', names.length, (onProgress) =>
    inferConditions(model, pixels, { range: ranges, condition, draws, seed, onProgress }),
  );
  const images = files.map((file, index) => ({ file, posterior: posteriors[index]!.map(summaryOf) }));
  output?.write(csvOf(images));
  const [{ posterior = [] } = {}] = images;
  const priors = posterior.map(
    ({ name, range: [low, high] }) => `${name} from ${short(low)} to ${short(high)}`,
  );
  writeStdout(
    options.json
      ? `${JSON.stringify({ step: model.step, images, condition: given.texts, draws, seed, skipped })}\n`
      : `${tableOf(images)}\n${formatCounted(names.length, 'image')}${stepText(model.step, options)}; beforehand ${visibleText(priors.join(', '))}, equally likely\n${
          out === undefined ? '' : `${visibleText(out)}\n`
        }`,
  );
  reportSkipped(skipped);
}

/** The posterior of a number in a few numbers. */
interface Summary extends Pick<ComponentPosterior, 'name' | 'range' | 'mean' | 'deviation'> {
  readonly quantiles: Readonly<Record<string, number>>;
}

/** An image and what is inferred from it. */
interface Inferred {
  readonly file: string;
  readonly posterior: readonly Summary[];
}

function summaryOf(found: ComponentPosterior): Summary {
  const { name, range, mean, deviation } = found;
  const quantiles = Object.fromEntries(LEVELS.map((level) => [String(level), quantile(found, level)]));
  return { name, range, mean, deviation, quantiles };
}

function tableOf(images: readonly Inferred[]): string {
  const rows = images.flatMap(({ file, posterior }) =>
    posterior.map(({ name, mean, deviation, quantiles }) => [
      file,
      name,
      short(mean),
      short(deviation),
      ...Object.values(quantiles).map(short),
    ]),
  );
  const right = ['MEAN', '±', ...LEVELS.map((level) => `${100 * level} %`)];
  const columns = [
    { title: 'IMAGE' },
    { title: 'CONDITION' },
    ...right.map((title) => ({ title, align: 'right' as const })),
  ];
  return formatTable(columns, rows);
}

function csvOf(images: readonly Inferred[]): string {
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = images.flatMap(({ file, posterior }) =>
    posterior.map(({ name, mean, deviation, quantiles }) =>
      [quoted(file), quoted(name), mean, deviation, ...Object.values(quantiles)].join(','),
    ),
  );
  const header = ['file', 'condition', 'mean', 'deviation', ...LEVELS.map((level) => `q${level}`)].join(',');
  return [header, ...lines, ''].join('\n');
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function range(text: string, earlier: Ranges = {}): Ranges {
  const [, name, low, high] = /^([^=]+)=([^:]+):([^:]+)$/.exec(text) ?? [];
  const [least, most] = [Number(low), Number(high)];
  if (name === undefined || !(least < most)) {
    throw new InvalidArgumentError('It must be a name and two numbers, the lower one first: omega=0.1:0.5.');
  }
  return { ...earlier, [name]: [least, most] };
}
