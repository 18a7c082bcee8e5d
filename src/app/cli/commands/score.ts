// `emerging score`: scores how odd images are under a model.
import type { Command } from 'commander';
import { UserError, visibleText } from '../../../core/errors.ts';
import { countDimensions, type ImageShape, type Values } from '../../../core/numeric/index.ts';
import { describeOptions, type PartSettings, partOptions } from '../../../core/parts/index.ts';
import type { Ranks } from '../../../core/ranks/index.ts';
import { type JsonObject, stringifyJson } from '../../../data/files/index.ts';
import { imageFormats } from '../../../data/formats/imageDecoding.ts';
import { identifyImages } from '../../../data/index.ts';
import { contactSheet, requireDrawable } from '../../../data/pictures/index.ts';
import type { NamedImages } from '../../../data/sources/index.ts';
import { type ResultUnit, resultUnit } from '../../../flows/models/index.ts';
import { choiceFrom, FlowModel } from '../../../model/index.ts';
import { loadTrained } from '../../../model/loading/index.node.ts';
import { countDraws } from '../../../model/measure/index.ts';
import type { ReferenceScores } from '../../../model/referenceScores.ts';
import { readSetting } from '../../../runs/settings/yaml.ts';
import { type CompileOptions, type Keep, releaseAfter } from '../../../tensor/engine/index.ts';
import { requirePictures } from '../../../uses/odd/audit/index.ts';
import { percentileOddness, type ScoreReport, score, scores } from '../../../uses/odd/index.ts';
import {
  addConditionOption,
  CONDITIONS_OF_IMAGES,
  type ConditionCommandOptions,
  conditionsToRead,
  givenConditions,
  toImageSet,
} from '../parts/conditionOption.ts';
import { addImageOptions, type ImageOptions, readImages, reportSkipped } from '../parts/imageInput.ts';
import { noteImplausible } from '../parts/implausible.ts';
import {
  addModelOptions,
  MODEL,
  type ModelOptions,
  modelFolder,
  noteLargeImages,
} from '../parts/modelOptions.ts';
import { collect, stepText, wholeNumber } from '../parts/options.ts';
import { outputFile, outputPng, requireOutputFolder } from '../parts/outputFile.ts';
import { conditionInputs, requireNoInput, runInputs } from '../parts/protectedFiles.ts';
import { type Maps, mapsText, writeMaps } from '../parts/scoreMaps.ts';
import { type FileScore, scoreCsv, scoreText } from '../parts/scoreReport.ts';
import { onRanks, rankCompileOptions, requireSameInputs } from '../ranks/onRanks.ts';
import { copiesText, findCopies, type ImageCopies, openKnown } from '../ranks/scoreCopies.ts';
import { noteFewReferences, referenceFor, scoreDefaults } from '../ranks/scoreReference.ts';
import { formatCount, formatCounted } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { withImageProgress } from '../terminal/progress.ts';

/** How many images a sheet shows. */
const PICTURES = 100;

interface ScoreCommandOptions extends ModelOptions, ImageOptions, ConditionCommandOptions {
  readonly score?: string;
  readonly set?: readonly string[];
  readonly draws?: number;
  readonly seed?: number;
  readonly reference?: string;
  readonly updateReference?: true;
  readonly out?: string;
  readonly sheet?: string;
  readonly map?: string;
  readonly copies?: true;
  readonly json?: true;
}

/** Adds the arguments and options of `score`, and what it does. */
export function registerScore(command: Command): void {
  command
    .argument('<run>', MODEL, modelFolder)
    .argument('[images...]', `${imageFormats} files, or folders of them`)
    .option(
      '--score <name>',
      `order the images by this score: ${scores.all.map(({ name }) => name).join(', ')}, or one that --import adds (default: the best that the model has)`,
    )
    .option('--set <score.option=value>', 'set an option of the score; may be repeated', collect)
    .option(
      '--draws <k>',
      `dequantisation draws per image (default: ${scoreDefaults.draws}, or as in the export)`,
      wholeNumber(1),
    )
    .option(
      '--seed <n>',
      `random seed of the noise (default: ${scoreDefaults.seed}, or as in the export)`,
      wholeNumber(0),
    )
    .option(
      '--reference <name|path>',
      'compare with the validation images of this dataset, or with all images of a folder without train and test (default: the training dataset of the run)',
    )
    .option(
      '--update-reference',
      'measure the validation images again and store their statistics in the run or export',
    )
    .option('--out <file>', 'write all scores to a .csv or .json file, the oddest first')
    .option('--sheet <file>', `write a PNG of the ${PICTURES} oddest images, row by row`)
    .option(
      '--map <dir>',
      'a new or empty folder for one PNG per image: the image next to a map of its bits/dim',
    )
    .option(
      '--copies',
      'also look for copies and near-copies of the training and validation images of the run, or of the --reference images',
    )
    .option('--json', 'print the result as JSON on stdout');
  addConditionOption(command, CONDITIONS_OF_IMAGES);
  addModelOptions(addImageOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  emerging score runs/quickstart photos --resize --out scores.csv --sheet oddest.png\n' +
        `\n${scoresText()}` +
        '\nHigher scores are odder. The p-value is the share of validation images that are at least as odd: among images\n' +
        'from the same source, one in a hundred has a p-value below 0.01. docs/odd.md says which score finds what.\n' +
        "\nWith classes, bits/dim measure p(x) over all classes. Each image gets its most probable class by Bayes' rule,\n" +
        'with equally likely classes; --out writes the probability of every class.\n' +
        '\nThe mean of a map is the bits/dim of its image: dark pixels need few bits, bright ones many. All maps share one\n' +
        'colour scale, from the lowest to the highest bits of a typical image.\n' +
        '\nmpirun -n 4 emerging score divides the images among four processes: docs/machines.md',
    )
    .action((run: string, images: string[], options: ScoreCommandOptions) =>
      onRanks((ranks) => releaseAfter((keep) => runScore(keep, run, images, options, ranks))),
    );
}

/** The scores that can be chosen, with their options. */
function scoresText(): string {
  return `Scores:\n${scores.all
    .map(({ name, summary, options }) => {
      const lines = describeOptions(options).map(
        ({ name: option, meaning, range, default: fallback }) =>
          `    score.${option}: ${meaning.replace(/\.$/, '')}; ${range}; default ${fallback}\n`,
      );
      return `  ${name}: ${summary}\n${lines.join('')}`;
    })
    .join('')}`;
}

/** The chosen score with its options. */
function chosenScore({ score: name, set = [] }: ScoreCommandOptions): PartSettings | undefined {
  if (name === undefined && set.length === 0) {
    return undefined;
  }
  const options = set.map((setting) => {
    const { path, value } = readSetting(setting);
    if (name === undefined || path.length !== 2 || path[0] !== 'score') {
      throw new UserError(
        'invalid-argument',
        `--set ${setting}: it sets an option of the score that --score names, as in --score mine --set score.power=2`,
      );
    }
    return [path[1]!, value] as const;
  });
  const choice = { ...Object.fromEntries(options), name: name! };
  scores.resolve(choice);
  return choice;
}

async function runScore(
  keep: Keep,
  directory: string,
  paths: readonly string[],
  options: ScoreCommandOptions,
  ranks: Ranks,
): Promise<void> {
  const choice = chosenScore(options);
  const outputs = openOutputs(paths, options, ranks);
  const engine = await rankCompileOptions(ranks, options);
  const inputs = await requireSameInputs(ranks, () =>
    openInputs(keep, { directory, paths, options, engine }),
  );
  const { source, model } = inputs;
  for (const output of [outputs.list, outputs.picture]) {
    if (output) {
      requireNoInput(output.path, runInputs(source));
    }
  }
  const reference = await referenceFor(source, model, directory, options, ranks);
  if (inputs.read === undefined || inputs.set === undefined) {
    writeReferenceOnly(model, reference, directory, options);
    return;
  }
  const { read, set } = inputs;
  const { draws = reference.draws, seed = reference.seed, map } = options;
  const report = await withImageProgress('scoring', read.names.length, (onProgress) =>
    score(model, set, { score: choice, reference, draws, seed, ranks, onProgress }),
  );
  if (ranks.rank > 0) {
    return;
  }
  const { names, paths: files = names, pixels } = read;
  const { places } = reference;
  const condition = choiceFrom(model.model, set);
  const maps =
    map === undefined
      ? undefined
      : await writeMaps(model, { names, pixels, condition, folder: map, draws, seed, places });
  const copies = inputs.knownImages && (await findCopies(set, files, inputs.knownImages, engine));
  const findings = { model, read, reference, report, choice, draws, seed, maps, copies };
  writeScores(findings, outputs, directory, options);
}

/** The files to write, checked before the work; rank 0 writes them. */
interface Outputs {
  readonly list: ReturnType<typeof outputFile> | undefined;
  readonly picture: ReturnType<typeof outputFile> | undefined;
}

function openOutputs(
  paths: readonly string[],
  { out, sheet, map, data, reference, condition }: ScoreCommandOptions,
  { rank }: Ranks,
): Outputs {
  if (out !== undefined) {
    parseFormat(out);
  }
  const inputs = [...paths, data, reference, ...conditionInputs(condition)];
  const list = out !== undefined && rank === 0 ? outputFile(out, inputs) : undefined;
  const picture = sheet !== undefined && rank === 0 ? outputPng(sheet, inputs) : undefined;
  if (map !== undefined && rank === 0) {
    requireOutputFolder(map);
  }
  return { list, picture };
}

/** The model and the images to score: none if only the reference is to be measured. */
async function openInputs(
  keep: Keep,
  {
    directory,
    paths,
    options,
    engine,
  }: {
    readonly directory: string;
    readonly paths: readonly string[];
    readonly options: ScoreCommandOptions;
    readonly engine: CompileOptions;
  },
) {
  const { out, sheet, map, data, step, updateReference, copies } = options;
  const source = await loadTrained(directory, { step });
  const model = keep(new FlowModel(source, { ...engine, ...noteLargeImages }));
  if (map !== undefined || sheet !== undefined) {
    requireDrawable(1, { imageShape: model.imageShape, kind: model.kind });
  }
  const conditions = await givenConditions(model, options);
  const wanted = conditionsToRead(model, conditions);
  const writesResults = [out, sheet, map].some((file) => file !== undefined);
  const measuresOnlyReference = updateReference && paths.length === 0 && data === undefined && !writesResults;
  const read = measuresOnlyReference ? undefined : await readImages(paths, model, options, wanted);
  const set = read && toImageSet(read, model, conditions);
  if (copies && set) {
    requirePictures(set);
  }
  const knownImages = copies && set ? await openKnown(source, directory, options) : undefined;
  const checksums = async () => ({
    model: model.fingerprint,
    images: JSON.stringify(set && (await identifyImages(set))),
  });
  return { source, model, read, set, knownImages, checksums };
}

/** The reference as results record it. */
function describeReference(model: FlowModel, reference: ReferenceScores) {
  return {
    data: reference.data,
    split: 'validation',
    images: reference.statistics.bits.length,
    draws: countDraws(model.model, reference),
    seed: reference.seed,
  };
}

/** Reports that the reference was measured, for a command without images. */
function writeReferenceOnly(
  model: FlowModel,
  reference: ReferenceScores,
  directory: string,
  { json }: ScoreCommandOptions,
): void {
  const about = describeReference(model, reference);
  const images = formatCounted(about.images, 'validation image');
  const weights = model.step === undefined ? '' : ` with the weights of step ${formatCount(model.step)}`;
  writeStdout(
    json
      ? `${JSON.stringify({ step: model.step, reference: about })}\n`
      : `${images} of ${visibleText(about.data)} measured${weights}; their statistics are in ${visibleText(directory)}\n`,
  );
  noteFewReferences(reference);
}

/** The results of scoring, ready to be written. */
interface Findings {
  readonly model: FlowModel;
  readonly read: NamedImages;
  readonly reference: ReferenceScores;
  readonly report: ScoreReport;
  readonly choice: PartSettings | undefined;
  readonly draws: number;
  readonly seed: number;
  readonly maps: Maps | undefined;
  readonly copies: ImageCopies[] | undefined;
}

/** Writes the scores to the files that are wanted and to stdout. */
function writeScores(
  { model, read, reference, report, choice, draws, seed, maps, copies }: Findings,
  { list, picture }: Outputs,
  directory: string,
  options: ScoreCommandOptions,
): void {
  const { names, paths: files = names, pixels, skipped } = read;
  const unit = resultUnit(model.model.options);
  const values = scoresIn(unit, report);
  const images = report.images.map(
    ({ index, bitsPerDim, standardError, percentile, pValue, classes }): FileScore => ({
      file: files[index]!,
      bitsPerDim,
      standardError,
      percentile,
      oddness: percentileOddness(percentile),
      score: values[report.score]![index]!,
      pValue,
      scores: Object.fromEntries(report.scores.map((name) => [name, values[name]![index]!])),
      ...(classes && { classes }),
      ...(maps?.oddest && { places: maps.oddest[index]! }),
    }),
  );
  const scoreOptions = partOptions(scores.complete(choice ?? report.score));
  const whyNoPValues = `the validation images lack what ${report.score} needs, such as labels: name others with --reference, or measure them again with --update-reference`;
  const result = {
    step: model.step,
    score: report.score,
    ...(Object.keys(scoreOptions).length > 0 && { scoreOptions }),
    images,
    noPValues: report.by(report.score).reference === null ? whyNoPValues : null,
    source: report.source ?? null,
    draws: countDraws(model.model, { draws }),
    seed,
    ...(model.weights && { weights: model.weights }),
    ...(model.bits !== undefined && { bits: model.bits }),
    reference: describeReference(model, reference),
    skipped,
    ...(copies && { copies }),
    ...(maps && { maps: { folder: maps.folder, files: maps.files, range: maps.range.map(unit.of) } }),
  };
  const stored = unit.record(result) as JsonObject;
  const { out, sheet } = options;
  list?.write(parseFormat(list.path) === 'csv' ? scoreCsv(images, unit) : `${stringifyJson(stored, 2)}\n`);
  picture?.write(drawSheet(report, pixels, model.imageShape));
  const written = [out, sheet].flatMap((file) => (file === undefined ? [] : `${visibleText(file)}\n`));
  const text = [
    scoreText({ ...result, odd: report.odd, unit, step: stepText(model.step, options) }),
    copies ? copiesText(copies) : '',
    ...written,
    maps ? mapsText(maps, unit) : '',
  ];
  writeStdout(options.json ? `${JSON.stringify(stored)}\n` : text.join(''));
  noteImplausible(
    report.images.map(({ bitsPerDim }) => bitsPerDim),
    { what: 'images', bits: model.bits, directory },
  );
  noteFewReferences(reference);
  reportSkipped(skipped);
}

/** Every score of the images, in their order; likelihoods are in the unit of the model. */
function scoresIn(unit: ResultUnit, { scores: names, by }: ScoreReport): Record<string, Float64Array> {
  return Object.fromEntries(
    names.map((name) => {
      const { values } = by(name);
      return [name, scores.find(name).isResult ? values.map((value) => unit.of(value)) : values];
    }),
  );
}

function parseFormat(path: string): 'csv' | 'json' {
  const format = /\.(csv|json)$/i.exec(path)?.[1]?.toLowerCase();
  if (format !== 'csv' && format !== 'json') {
    throw new UserError(
      'invalid-argument',
      `--out ${path}: scores are written as .csv or .json; give the file one of these endings`,
    );
  }
  return format;
}

function drawSheet({ images: scored }: ScoreReport, pixels: Values, imageShape: ImageShape): Uint8Array {
  const size = countDimensions(imageShape);
  const shown = scored.slice(0, PICTURES);
  const images = pixels.slice(0, shown.length * size);
  shown.forEach(({ index }, position) => {
    images.set(pixels.subarray(index * size, (index + 1) * size), position * size);
  });
  return contactSheet(images, { imageShape });
}
