// The option of commands that gives conditions: numbers by name, and files.
import type { Command } from 'commander';
import { fewNames, UserError, unknownName } from '../../../core/errors.ts';
import {
  type ConditionTable,
  componentNamesIn,
  componentsIn,
  conditionsByTable,
  selectRows,
} from '../../../data/conditions/table.ts';
import {
  type Conditions,
  type ImageSet,
  imagesInMemory,
  isConditionImage,
  type RequiredCondition,
} from '../../../data/contract/index.ts';
import { exists } from '../../../data/files/index.node.ts';
import type { NamedImages } from '../../../data/sources/index.ts';
import type { Flow } from '../../../flows/models/index.ts';
import {
  type ConditionChoice,
  conditionArrays,
  type FlowModel,
  valuesOfConditions,
} from '../../../model/index.ts';
import {
  type Conditioned,
  conditionComponents,
  type NamedCondition,
} from '../../../model/likelihood/index.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { collect } from './options.ts';

/** The option that gives conditions. */
export interface ConditionCommandOptions {
  readonly condition?: readonly string[];
}

/** Numbers further from the mean of the training images, in their standard deviations, are far outside. */
const FAR = 3;

/** Which conditions images have without the option. */
export const CONDITIONS_OF_IMAGES = 'from the file next to the images, such as conditions.csv';

/**
 * Adds `--condition`.
 *
 * @param otherwise the conditions without it, such as `inferred`
 */
export function addConditionOption(command: Command, otherwise: string): Command {
  return command.option(
    '--condition <name=value|file>',
    `for a model with conditions: the value of one for all images, or a file of them (CSV, .npy, .npz, an image or a folder of images; name=file names it); may be repeated (default: ${otherwise})`,
    collect,
  );
}

/** The conditions that the command line gives. */
interface GivenConditions {
  /** Those that are the same for all images, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly files: readonly ConditionFile[];
  /** The names of all of them. */
  readonly names: readonly string[];
  /** What was given, by name: a number, or the path of a file. */
  readonly texts: Readonly<Record<string, number | string>>;
}

/** A file of conditions, and those in it that the model depends on. */
interface ConditionFile {
  readonly table: ConditionTable;
  readonly components: Conditions;
}

/**
 * The conditions that the command line gives, by name or in files.
 *
 * @throws UserError (`invalid-argument`) if one is unknown, is given twice, or is neither a number nor a file; as `readTableAt`
 *   and `componentsIn` do
 */
export async function givenConditions(
  { model }: FlowModel,
  { condition = [] }: ConditionCommandOptions,
): Promise<GivenConditions> {
  const numbers: Record<string, number> = {};
  const files: ConditionFile[] = [];
  const texts: Record<string, number | string> = {};
  const note = (name: string, value: number | string): void => {
    if (Object.hasOwn(texts, name)) {
      throw new UserError('invalid-argument', `--condition ${name} is given twice: keep one`);
    }
    texts[name] = value;
  };
  for (const text of condition) {
    if (conditionComponents(model).length === 0) {
      throw new UserError(
        'invalid-argument',
        `the model has no conditions: leave out --condition ${text}, or train one with model.condition`,
      );
    }
    const assignment = numberIn(text, model);
    if (assignment) {
      const { component, value } = assignment;
      note(component.name, value);
      numbers[component.name] = value;
      noteIfFar(component, value);
    } else {
      const file = await fileIn(text, model);
      for (const name of Object.keys(file.components)) {
        note(name, file.table.path);
      }
      files.push(file);
    }
  }
  return { numbers, files, names: Object.keys(texts), texts };
}

/** Notes on stderr if a number is far outside the training images' range. */
export function noteIfFar({ name, mean, deviation }: NamedCondition, value: number): void {
  const distance = Math.abs(value - mean) / deviation;
  if (distance > FAR) {
    const [about, spread] = [mean, deviation].map((number) => Number(number.toPrecision(3)));
    noteOnStderr(
      `${name}=${value} is ${Number(distance.toPrecision(2))} standard deviations from the mean of the training images, ${about} ± ${spread}: the model has hardly seen such images`,
    );
  }
}

/** The name and the value in `name=value`; the rest of a text with a file after its first `=`. */
function splitNameValue(text: string): { readonly name?: string; readonly value: string } {
  const [, name, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  return name === undefined || exists(text) ? { value: text } : { name, value: value! };
}

/** A number that is given for all images; undefined if a file is given. */
function numberIn(
  text: string,
  model: Conditioned,
): { readonly component: NamedCondition; readonly value: number } | undefined {
  const { name, value } = splitNameValue(text);
  if (name === undefined || value.trim() === '' || !Number.isFinite(Number(value))) {
    return undefined;
  }
  const components = conditionComponents(model);
  const component = components.find((candidate) => candidate.name === name);
  if (component === undefined) {
    const names = components.map((candidate) => candidate.name);
    throw unknownName('condition', name, names, 'invalid-argument');
  }
  if (!component.isNumber) {
    throw new UserError(
      'invalid-argument',
      `--condition ${text}: ${name} is ${isConditionImage(component) ? 'an image' : `${component.shape} numbers`}: give a file, such as --condition ${exampleFor(component)}`,
    );
  }
  return { component, value: Number(value) };
}

/** The conditions of the model in a file that is given. */
async function fileIn(text: string, model: Conditioned & Pick<Flow, 'imageShape'>): Promise<ConditionFile> {
  const { name: called, value: path } = splitNameValue(text);
  const components = conditionComponents(model);
  const componentNames = components.map(({ name }) => name);
  if (!exists(path)) {
    if (/[/\\]|\.\w+$/.test(path) && !Number.isFinite(Number(path))) {
      throw new UserError('invalid-argument', `--condition ${text}: there is no file ${path}`);
    }
    throw new UserError(
      'invalid-argument',
      `--condition ${text}: expected NAME=NUMBER, such as ${componentNames[0]}=0.3, or a file with the conditions of the images`,
    );
  }
  const named = called === undefined ? components : components.filter(({ name }) => name === called);
  const areImages = named.length > 0 && named.every(isConditionImage);
  // Its readers of archives and images take a while to load.
  const { readTableAt } = await import('../../../data/conditions/index.ts');
  const table = await readTableAt(path, { names: componentNames, called, areImages });
  const inFile = [
    ...new Set([...componentNamesIn(table, model.imageShape), ...table.columns.map(({ name }) => name)]),
  ];
  const names = inFile.filter((name) => componentNames.includes(name));
  if (names.length === 0) {
    const isImage = table.columns.some(isConditionImage);
    const { name: likely } =
      components.find((component) => isConditionImage(component) === isImage) ?? components[0]!;
    throw new UserError(
      'mismatch',
      `${path} has ${fewNames(inFile)}, but the model depends on ${fewNames(componentNames)}: name it, such as --condition ${likely}=${path}`,
    );
  }
  return { table, components: componentsIn(table, model.imageShape, names) };
}

/** How a condition may be given: `omega=0.3`, `low=low.png`. */
function exampleFor(component: NamedCondition): string {
  const { name, mean, isNumber } = component;
  const value = Number(mean.toPrecision(2));
  return `${name}=${isNumber ? value : `${name}${isConditionImage(component) ? '.png' : '.npy'}`}`;
}

/** Conditions for images that have none of their own. */
interface ChosenConditions {
  /** How many there are; 1 for one for all images. */
  readonly rows: number;
  /** The conditions of this many images: row after row, each for an equal share of the images. */
  choiceFor(images: number): ConditionChoice;
}

/**
 * The conditions of images that have none of their own.
 *
 * @throws UserError if one is missing, or files have different numbers of rows
 */
export function chosenConditions({ model }: FlowModel, conditions: GivenConditions): ChosenConditions {
  const missing = conditionComponents(model).filter(({ name }) => !conditions.names.includes(name));
  if (missing.length > 0) {
    const [first] = missing as [NamedCondition];
    const kind = first.isNumber ? 'a value' : isConditionImage(first) ? 'an image' : 'numbers';
    throw new UserError(
      'invalid-argument',
      `the model depends on ${missing.map(({ name }) => name).join(', ')}: give ${kind} of each, such as --condition ${exampleFor(first)}`,
    );
  }
  const many = conditions.files.filter(({ table }) => table.rows > 1);
  const [{ table: { rows = 1, path = '' } = {} } = {}] = many;
  const conflicting = many.find(({ table }) => table.rows !== rows);
  if (conflicting) {
    throw new UserError(
      'mismatch',
      `${conflicting.table.path} has ${conflicting.table.rows} rows, but ${path} ${rows}: give the same number, or one for all images`,
    );
  }
  const choiceFor = (images: number): ConditionChoice => {
    const ofFiles = conditions.files.map(({ table, components }) => {
      const chosen = Array.from({ length: images }, (_, image) => Math.floor((image * table.rows) / images));
      return valuesOfConditions(selectRows(components, chosen), images);
    });
    return Object.assign({}, conditions.numbers, ...ofFiles);
  };
  return { rows, choiceFor };
}

/**
 * The condition of all images of a command that takes none from data.
 *
 * @throws UserError as `givenConditions` and `chosenConditions` do, or if there is more than one
 */
export async function chosenCondition(
  model: FlowModel,
  options: ConditionCommandOptions,
): Promise<ConditionChoice> {
  const conditions = await givenConditions(model, options);
  const { choiceFor, rows } = chosenConditions(model, conditions);
  if (rows > 1) {
    const { table } = conditions.files.find((file) => file.table.rows > 1)!;
    throw new UserError(
      'mismatch',
      `${table.path} has ${rows} rows, but this command uses one condition for all images: give a file with one`,
    );
  }
  return choiceFor(1);
}

/** The conditions that images must have themselves, since the command line doesn't give them; undefined if none. */
export function conditionsToRead(
  { model }: FlowModel,
  conditions: GivenConditions,
  isWanted: (condition: RequiredCondition) => boolean = () => true,
): readonly RequiredCondition[] | undefined {
  const wanted = conditionComponents(model).filter(
    (component) => isWanted(component) && !conditions.names.includes(component.name),
  );
  return wanted.length === 0 ? undefined : wanted;
}

/**
 * Images as a set, with their labels, and their conditions or those that are given: by name, in order, or one for all.
 *
 * @throws UserError (`mismatch`) if a file has no row for an image, or another number of rows
 */
export function toImageSet(
  { names, namesInFolders = names, pixels, labels, conditions, areFirst }: NamedImages,
  { imageShape, model }: FlowModel,
  { numbers, files }: GivenConditions,
): ImageSet {
  const set = imagesInMemory(pixels, imageShape);
  const ofFiles = files.map(({ table, components }) =>
    table.rows === 1 && table.files === undefined
      ? selectRows(components, new Array(set.count).fill(0))
      : conditionsByTable(namesInFolders, table, components, { areFirst }),
  );
  const allConditions: Conditions = Object.assign(
    {},
    conditions,
    ...ofFiles,
    conditionArrays(model, numbers, set.count),
  );
  return {
    ...set,
    ...(labels && { labels }),
    ...(Object.keys(allConditions).length > 0 && { conditions: allConditions }),
  };
}
