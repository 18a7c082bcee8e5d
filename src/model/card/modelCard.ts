// The model card, README.md, of a run folder and of an export: what the model is, its numbers, how to use it.

import { showImageShape } from '../../core/numeric/index.ts';
import { partName } from '../../core/parts/index.ts';
import type { ValidationShare } from '../../data/contract/index.ts';
import type { JsonObject } from '../../data/files/index.ts';
import { countTrained } from '../../flows/contract/index.ts';
import {
  type DequantisationName,
  dequantisationName,
  type Flow,
  foreignParts,
  networkWidth,
  type ResultUnit,
  resultUnit,
  type Standardisation,
  valuesText,
} from '../../flows/models/index.ts';
import { changedSettings, changesIn, changesText, listSettings } from '../../runs/contents/index.ts';
import { evaluationsIn, troubleText } from '../../runs/contents/stored.ts';
import {
  dataName,
  experimentName,
  flowName,
  isOnOwnData,
  lastPart,
} from '../../runs/settings/experimentName.ts';
import type { Config } from '../../runs/settings/index.ts';
import { presets } from '../../runs/settings/presets.ts';
import { resolveConfig } from '../../runs/settings/yaml.ts';
import { isHost } from '../../tensor/engine/index.ts';
import { conditionComponents } from '../likelihood/likelihood.ts';
import { errorText, markdownTable, markdownText } from './reportText.ts';

/** What a model card is about. */
interface CardSubject {
  readonly model: Flow;
  readonly config: Config;
  /** The contents of the run's `summary.json`. */
  readonly summary: JsonObject;
  /** The number of steps after which the weights were saved. */
  readonly step: number;
  /** Names of pictures next to the card, by what they show. */
  readonly pictures: Readonly<Record<string, string>>;
  /** Commands to run in the folder of the card, by what they do. */
  readonly commands: Readonly<Record<string, string>>;
}

/** A model card in Markdown. It names the dataset, but not the folder it was in. */
export function modelCard({ model, config, summary, step, pictures, commands }: CardSubject): string {
  const { data, training, seed } = config;
  const { flow, levels, depth } = config.model;
  const width = networkWidth(config.model);
  const components = conditionComponents(model);
  const preset = typeof summary.preset === 'string' ? summary.preset : null;
  const changes = changesText(changesIn(summary));
  const images = `${showImageShape(model.imageShape)} images of ${valuesText(model.values.bits)}`;
  const facts = [
    [
      'Model',
      `${flowName(config)} flow for ${images}${
        flow === undefined
          ? `: ${levels} levels of ${depth} steps, coupling networks ${width === undefined ? partName(config.model.conditioner) : `of ${width} channels`}`
          : ''
      }`,
    ],
    ...(typeof config.model.continuous === 'object'
      ? [['Standardisation', standardisationText(config.model.continuous)]]
      : []),
    ...(model.classes.length === 0
      ? []
      : [['Classes', countedNames(model.classes, 'the top prior depends')]]),
    ...(components.length === 0
      ? []
      : [
          [
            'Conditions',
            countedNames(
              components.map(({ name }) => name),
              'couplings and learned priors depend',
            ),
          ],
        ]),
    ['Trained parameters', countTrained(model.parameters).toLocaleString('en-US')],
    ...(summary.action === true
      ? [['Trained to', `the action ${dataName(config)}, without images`]]
      : [
          ['Trained on', `the training images of ${dataName(config)}, ${heldOutText(data.validation)}`],
          ['Augmentation', data.augment.length === 0 ? 'none' : data.augment.join(', ')],
        ]),
    ...(typeof summary.from === 'string'
      ? [['Started from', `the weights of ${lastPart(summary.from)}`]]
      : []),
    ['Training', trainingText(step, training.batchSize, summary)],
    ...(changes === null ? [] : [['Changed on the way', changes]]),
    ['Preset and seed', `${presetText(preset, config)}, seed ${seed}`],
  ];
  const foreign = foreignParts(config.model);
  return [
    `# ${markdownText(experimentName(preset, config))}: a normalizing flow`,
    factTable(['', ''], facts),
    '## Numbers',
    numbers(summary, {
      bound: dequantisationName(config.model),
      unit: resultUnit(config.model),
      hasClasses: model.classes.length > 0,
      hasCondition: components.length > 0,
    }),
    ...Object.entries(pictures).map(([caption, file]) => `![${caption}](${file})\n\n*${caption}*`),
    '## Use',
    `In this folder, with the package \`emerging-flows\`${
      foreign.length === 0 ? '' : `, and \`--import\` of the module that registers ${foreign.join(', ')}`
    }:`,
    ['```', ...Object.entries(commands).map(([purpose, command]) => `${command}   # ${purpose}`), '```'].join(
      '\n',
    ),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function presetText(preset: string | null, config: Config): string {
  if (preset === null) {
    return 'no preset';
  }
  const name = isOnOwnData(preset, config) ? preset : `settings of ${preset}`;
  const differences = differencesFrom(preset, config);
  return differences.length === 0 ? name : `${name}, with ${differences.join(', ')}`;
}

/** The settings that the card names anyway. */
const NAMED_ANYWAY = [
  'seed',
  'data.name',
  'model.classes',
  'model.condition',
  'model.bits',
  'model.continuous',
];

/** The mean and the deviation of each channel; of many only the number. */
function standardisationText({ mean, deviation }: Standardisation): string {
  const maxChannels = 8;
  const each = mean.map((value, channel) => `${value} ± ${deviation[channel]}`);
  return each.length > maxChannels
    ? `of ${each.length} channels`
    : `mean ± deviation by channel: ${each.join(', ')}`;
}

/** `2, on which the top prior depends: cat, dog`; of many only the number. */
function countedNames(names: readonly string[], dependence: string): string {
  const maxNames = 20;
  const number = `${names.length.toLocaleString('en-US')}, on which ${dependence}`;
  return names.length > maxNames ? number : `${number}: ${names.join(', ')}`;
}

/** The settings that differ from a preset's, except those that the card names anyway. */
function differencesFrom(preset: string, config: Config): string[] {
  if (!presets.some(({ name }) => name === preset)) {
    return [];
  }
  const [before, after] = [listSettings(resolveConfig({ preset })), listSettings(config)];
  return changedSettings(before, after)
    .filter((name) => !NAMED_ANYWAY.includes(name) && after[name] !== undefined)
    .map((name) => `${name}=${String(after[name])}`);
}

function trainingText(
  step: number,
  batchSize: number,
  { seconds, device, threads, ranks = 1, steps, droppedSteps = 0, rollbacks = 0 }: JsonObject,
): string {
  const text = `${step.toLocaleString('en-US')} steps of ${batchSize} images each`;
  // The summary describes its own steps; after a kill, the checkpoint may be from other ones.
  if (typeof seconds !== 'number' || steps !== step) {
    return text;
  }
  const trouble = troubleText({ droppedSteps: Number(droppedSteps), rollbacks: Number(rollbacks) });
  const threaded = isHost(device) ? ` with ${shown(threads)} ${threads === 1 ? 'thread' : 'threads'}` : '';
  const each = ranks === 1 ? '' : ` on each of ${shown(ranks)} ranks`;
  const time = `${timeText(seconds)} on ${shown(device)}${threaded}${each}`;
  return [text, ...(trouble === null ? [] : [trouble]), time].join(', ');
}

/** `1.5 minutes`, or `12 seconds` below a minute. */
function timeText(seconds: number): string {
  if (seconds >= 60) {
    return `${(seconds / 60).toFixed(1)} minutes`;
  }
  const wholeSeconds = Math.round(seconds);
  return wholeSeconds === 0
    ? 'less than a second'
    : `${wholeSeconds} ${wholeSeconds === 1 ? 'second' : 'seconds'}`;
}

function heldOutText(validation: ValidationShare): string {
  return validation === 'auto'
    ? 'without those held out for validation'
    : `${Number((100 * validation).toPrecision(3))} % of them held out for validation`;
}

/** The last evaluation of each split, kind of weights and step, and what the training measured itself. */
function numbers(
  summary: JsonObject,
  {
    bound,
    unit,
    hasClasses,
    hasCondition,
  }: { bound: DequantisationName; unit: ResultUnit; hasClasses: boolean; hasCondition: boolean },
): string {
  const { steps } = summary;
  const key = unit.key('bitsPerDim');
  const validation = summary[key];
  const measured = new Map<string, JsonObject>();
  if (typeof validation === 'number') {
    measured.set(`validation average ${shown(steps)}`, {
      split: 'validation',
      weights: 'average',
      step: steps,
      [key]: validation,
    });
  }
  for (const evaluation of evaluationsIn(summary)) {
    measured.set(
      `${shown(evaluation.split)} ${shown(evaluation.weights)} ${shown(evaluation.step)}`,
      evaluation,
    );
  }
  if (measured.size === 0) {
    return 'Nothing was measured yet.';
  }
  const evaluations = [...measured.values()].flatMap((evaluation) => [
    evaluation,
    ...importanceEvaluations(evaluation),
  ]);
  const digits = (value: unknown): string => (typeof value === 'number' ? value.toFixed(4) : '-');
  const error = (value: unknown): string => (typeof value === 'number' ? errorText(value) : '-');
  const rows = evaluations.map((evaluation) => [
    shown(evaluation.split),
    digits(evaluation[key]),
    error(evaluation.standardError),
    error(evaluation.samplingError),
    shown(evaluation.images),
    shown(evaluation.draws ?? 1),
    bound === 'none' ? 'exact' : evaluation.weighted === true ? `importance-weighted, ${bound}` : bound,
    shown(evaluation.weights),
    shown(evaluation.step),
  ]);
  const titles = [
    'images',
    unit.name,
    'error over draws',
    'error over images',
    'count',
    'draws',
    'bound',
    'weights',
    'step',
  ];
  const notes = hasClasses
    ? classNotes([...measured.values()], unit)
    : hasCondition
      ? [`These ${unit.name} measure p(image | condition): each image is given its own condition.`]
      : [];
  return [factTable(titles, rows), ...notes].join('\n\n');
}

/** What the numbers of a model with classes are of, and how well it classifies. */
function classNotes(evaluations: readonly JsonObject[], unit: ResultUnit): string[] {
  const percent = (share: unknown): string => `${(100 * Number(share)).toFixed(2)} %`;
  const classified = evaluations.flatMap(({ split, step, weights, classes }) => {
    const { accuracy, accuracyError, ...others } = (classes ?? {}) as JsonObject;
    const marginal = others[unit.key('marginalBitsPerDim')];
    return typeof accuracy === 'number' && typeof marginal === 'number'
      ? [
          `On the ${shown(split)} images (${shown(weights)} weights, step ${shown(step)}), without the labels: ` +
            `${marginal.toFixed(4)} ${unit.name} of p(x), the classes equally likely. As a classifier, by Bayes' rule, ` +
            `the model is right for ${percent(accuracy)} ± ${percent(accuracyError)} of them.`,
        ]
      : [];
  });
  const without = evaluations.filter(({ likelihood }) => likelihood === 'p(x)');
  return [
    `These ${unit.name} are given the class of each image, of p(x | class)${without.length === 0 ? '' : '; where the images had no such labels, of p(x)'}.`,
    ...classified.map((text) => markdownText(text)),
  ];
}

/** The importance-weighted bound of an evaluation as one of its own, if it was measured. */
function importanceEvaluations({ importance, split, weights, step, images }: JsonObject): JsonObject[] {
  if (typeof importance !== 'object' || importance === null || Array.isArray(importance)) {
    return [];
  }
  return [{ ...importance, weighted: true, split, weights, step, images }];
}

/** A value of a summary; anything but a text or a number is a dash. */
function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '-';
}

/** A table whose cells may contain text from outside. */
function factTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable(
    titles,
    rows.map((row) => row.map(markdownText)),
  );
}

/** The command that draws samples, in the folder of the model. */
export function sampleCommand(model: Flow): string {
  return `npx emerging sample .${conditionOptions(model)} --temperature 0.8 --out samples.png`;
}

/** The command that encodes an image. */
export function encodeCommand(model: Flow): string {
  const image = model.values.bits === undefined ? 'image.npy' : 'image.png';
  return `npx emerging encode . ${image}${conditionOptions(model)} --out image.latents`;
}

/** More conditions than this are in a file. */
const MOST_NUMBERS = 4;

/** The options that give a model its condition: numbers typical of the training images, or a file. */
function conditionOptions(model: Flow): string {
  const components = conditionComponents(model);
  // A name may be anything without spaces; the shell must not change it.
  const areNumbers = components.every(({ name, isNumber }) => isNumber && /^[\w.-]+$/.test(name));
  if (components.length > MOST_NUMBERS || !areNumbers) {
    return ' --condition conditions.npz';
  }
  return components.map(({ name, mean }) => ` --condition ${name}=${Number(mean.toPrecision(2))}`).join('');
}
