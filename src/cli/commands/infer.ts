// `emerging infer`: the posterior of the numbers that a model is conditioned on, given images.
import { type Command, InvalidArgumentError } from 'commander';
import type { Conditions } from '../../data/contract/dataset.ts';
import { imageFormats } from '../../data/formats/imageDecoding.ts';
import { type Keep, releaseAfter } from '../../engine/resources.ts';
import { inferConditions } from '../../evaluation/infer/inferConditions.ts';
import { drawsOf } from '../../evaluation/measure/evaluate.ts';
import { componentsOf } from '../../trained/likelihood/conditionArrays.ts';
import { valuesOfConditions } from '../../trained/model/conditions.ts';
import { visibleText } from '../../visibleText.ts';
import {
  addConditionOption,
  type ConditionCommandOptions,
  givenConditions,
  noteIfFar,
} from '../parts/conditionOption.ts';
import { conditionsToRead, imageSetOf } from '../parts/conditionsOfImages.ts';
import { addImageOptions, type ImageOptions, readImages, reportSkipped } from '../parts/imageInput.ts';
import { addModelOptions, type ModelOptions, openModel } from '../parts/modelOptions.ts';
import { stepText, wholeNumber } from '../parts/options.ts';
import { outputFile } from '../parts/outputFile.ts';
import { calibrationText, csvOf, noteCutOff, short, summaryOf, tableOf } from '../parts/posteriorText.ts';
import { conditionInputs } from '../parts/protectedFiles.ts';
import { formatCounted } from '../terminal/format.ts';
import { withImageProgress } from '../terminal/imageProgress.ts';
import { writeStdout } from '../terminal/output.ts';

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
    .argument('<run>', 'a run folder, or an exported model')
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
        'uniform between 0 and 1 if the model is right.',
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
  const output = out === undefined ? undefined : outputFile(out, inputs);
  const model = keep(await openModel(directory, options, [options.out]));
  const given = await givenConditions(model, options);
  const inferred = componentsOf(model.model).filter(
    ({ name, image }) => !image && !given.names.includes(name),
  );
  for (const component of inferred) {
    for (const end of ranges?.[component.name] ?? []) {
      noteIfFar(component, end);
    }
  }
  // Numbers are inferred, but images are not.
  const wanted = conditionsToRead(model, given, ({ image }) => image === true || options.truth === true);
  const read = await readImages(paths, model.imageShape, options, wanted);
  const { names, paths: files = names, pixels, skipped } = read;
  const set = imageSetOf(read, model, given);
  const isInferred = (name: string): boolean => inferred.some((one) => one.name === name);
  const [truths, others] = [isInferred, (name: string) => !isInferred(name)].map((isWanted) =>
    Object.fromEntries(Object.entries(set.conditions ?? {}).filter(([name]) => isWanted(name))),
  ) as [Conditions, Conditions];
  const condition = valuesOfConditions(others, set.count);
  const posteriors = await withImageProgress('inferring', names.length, (onProgress) =>
    inferConditions(model, pixels, { range: ranges, condition, draws, seed, onProgress }),
  );
  const images = files.map((file, index) => ({
    file,
    posterior: posteriors[index]!.map((found) => summaryOf(found, truths[found.name], index)),
  }));
  output?.write(csvOf(images));
  const [{ posterior = [] } = {}] = images;
  const priors = posterior.map(
    ({ name, range: [low, high] }) => `${name} from ${short(low)} to ${short(high)}`,
  );
  writeStdout(
    options.json
      ? `${JSON.stringify({ step: model.step, images, condition: given.texts, draws: drawsOf(model.model, options), seed, skipped })}\n`
      : `${tableOf(images)}\n${formatCounted(names.length, 'image')}${stepText(model.step, options)}; beforehand ${visibleText(priors.join(', '))}, equally likely\n${calibrationText(images)}${
          out === undefined ? '' : `${visibleText(out)}\n`
        }`,
  );
  noteCutOff(posteriors);
  reportSkipped(skipped);
}

function range(text: string, earlier: Ranges = {}): Ranges {
  const [, name, low, high] = /^([^=]+)=([^:]+):([^:]+)$/.exec(text) ?? [];
  const [least, most] = [Number(low), Number(high)];
  if (name === undefined || !(least < most)) {
    throw new InvalidArgumentError('It must be a name and two numbers, the lower one first: omega=0.1:0.5.');
  }
  return { ...earlier, [name]: [least, most] };
}
