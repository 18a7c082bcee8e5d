// The option of commands that gives conditions: numbers by name, and files.
import type { Command } from 'commander';
import { fewNames, UserError, unknownName } from '../../../core/errors.ts';
import {
  type ConditionTable,
  componentNamesIn,
  componentsIn,
  conditionsByTable,
  rowsOf,
} from '../../../data/conditions/table.ts';
import {
  type Conditions,
  type ImageSet,
  imagesInMemory,
  isConditionImage,
  type RequiredCondition,
} from '../../../data/contract/index.ts';
import { exists } from '../../../data/files/files.ts';
import type { NamedImages } from '../../../data/sources/namedImages.ts';
import type { Flow } from '../../../flows/models/index.ts';
import {
  type ConditionChoice,
  conditionsOf,
  type FlowModel,
  valuesOfConditions,
} from '../../../model/index.ts';
import { type Conditioned, componentsOf, type NamedCondition } from '../../../model/likelihood/index.ts';
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
  const note = (name: string, what: number | string): void => {
    if (Object.hasOwn(texts, name)) {
      throw new UserError('invalid-argument', `--condition ${name} is given twice: keep one`);
    }
    texts[name] = what;
  };
  for (const text of condition) {
    if (componentsOf(model).length === 0) {
      throw new UserError(
        'invalid-argument',
        `the model has no conditions: leave out --condition ${text}, or train one with model.condition`,
      );
    }
    const found = numberIn(text, model);
    if (found) {
      const { component, value } = found;
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
function partsOf(text: string): { readonly name?: string; readonly value: string } {
  const [, name, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  return name === undefined || exists(text) ? { value: text } : { name, value: value! };
}

/** A number that is given for all images; undefined if a file is given. */
function numberIn(
  text: string,
  model: Conditioned,
): { readonly component: NamedCondition; readonly value: number } | undefined {
  const { name, value } = partsOf(text);
  if (name === undefined || value.trim() === '' || !Number.isFinite(Number(value))) {
    return undefined;
  }
  const components = componentsOf(model);
  const component = components.find((one) => one.name === name);
  if (component === undefined) {
    const known = components.map((one) => one.name);
    throw unknownName('condition', name, known, 'invalid-argument');
  }
  if (!component.isNumber) {
    throw new UserError(
      'invalid-argument',
      `--condition ${text}: ${name} is ${isConditionImage(component) ? 'an image' : `${component.shape} numbers`}: give a file, such as --condition ${name}=${name}.png`,
    );
  }
  return { component, value: Number(value) };
}

/** The conditions of the model in a file that is given. */
async function fileIn(text: string, model: Conditioned & Pick<Flow, 'imageShape'>): Promise<ConditionFile> {
  const { name: called, value: path } = partsOf(text);
  const all = componentsOf(model);
  const known = all.map(({ name }) => name);
  if (!exists(path)) {
    if (/[/\\]|\.\w+$/.test(path) && !Number.isFinite(Number(path))) {
      throw new UserError('invalid-argument', `--condition ${text}: there is no file ${path}`);
    }
    throw new UserError(
      'invalid-argument',
      `--condition ${text}: expected NAME=NUMBER, such as ${known[0]}=0.3, or a file with the conditions of the images`,
    );
  }
  const named = called === undefined ? all : all.filter(({ name }) => name === called);
  const areImages = named.length > 0 && named.every(isConditionImage);
  // Its readers of archives and images take a while to load.
  const { readTableAt } = await import('../../../data/conditions/index.ts');
  const table = await readTableAt(path, { names: known, called, areImages });
  const inFile = [
    ...new Set([...componentNamesIn(table, model.imageShape), ...table.columns.map(({ name }) => name)]),
  ];
  const names = inFile.filter((one) => known.includes(one));
  if (names.length === 0) {
    const isImage = table.columns.some(isConditionImage);
    const { name: likely } = all.find((one) => isConditionImage(one) === isImage) ?? all[0]!;
    throw new UserError(
      'mismatch',
      `${path} has ${fewNames(inFile)}, but the model depends on ${fewNames(known)}: name it, such as --condition ${likely}=${path}`,
    );
  }
  return { table, components: componentsIn(table, model.imageShape, names) };
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
export function chosenConditions({ model }: FlowModel, given: GivenConditions): ChosenConditions {
  const missing = componentsOf(model).filter(({ name }) => !given.names.includes(name));
  if (missing.length > 0) {
    const [{ name, mean, isNumber }] = missing as [(typeof missing)[0]];
    const example = !isNumber ? `${name}=${name}.png` : `${name}=${Number(mean.toPrecision(2))}`;
    throw new UserError(
      'invalid-argument',
      `the model depends on ${missing.map((one) => one.name).join(', ')}: give ${isNumber ? 'a value' : 'an image'} of each, such as --condition ${example}`,
    );
  }
  const many = given.files.filter(({ table }) => table.rows > 1);
  const [{ table: { rows = 1, path = '' } = {} } = {}] = many;
  const other = many.find(({ table }) => table.rows !== rows);
  if (other) {
    throw new UserError(
      'mismatch',
      `${other.table.path} has ${other.table.rows} rows, but ${path} ${rows}: give the same number, or one for all images`,
    );
  }
  const choiceFor = (images: number): ConditionChoice => {
    const ofFiles = given.files.map(({ table, components }) => {
      const chosen = Array.from({ length: images }, (_, image) => Math.floor((image * table.rows) / images));
      return valuesOfConditions(rowsOf(components, chosen), images);
    });
    return Object.assign({}, given.numbers, ...ofFiles);
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
  const given = await givenConditions(model, options);
  const { choiceFor, rows } = chosenConditions(model, given);
  if (rows > 1) {
    const { table } = given.files.find((file) => file.table.rows > 1)!;
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
  given: GivenConditions,
  isWanted: (condition: RequiredCondition) => boolean = () => true,
): readonly RequiredCondition[] | undefined {
  const wanted = componentsOf(model).filter((one) => isWanted(one) && !given.names.includes(one.name));
  return wanted.length === 0 ? undefined : wanted;
}

/**
 * Images as a set, with their labels, and their conditions or those that are given: by name, in order, or one for all.
 *
 * @throws UserError (`mismatch`) if a file has no row for an image, or another number of rows
 */
export function imageSetOf(
  { names, namesInFolders = names, pixels, labels, conditions, areFirst }: NamedImages,
  { imageShape, model }: FlowModel,
  { numbers, files }: GivenConditions,
): ImageSet {
  const set = imagesInMemory(pixels, imageShape);
  const ofFiles = files.map(({ table, components }) =>
    table.rows === 1 && table.files === undefined
      ? rowsOf(components, new Array(set.count).fill(0))
      : conditionsByTable(namesInFolders, table, components, { areFirst }),
  );
  const all: Conditions = Object.assign({}, conditions, ...ofFiles, conditionsOf(model, numbers, set.count));
  return { ...set, ...(labels && { labels }), ...(Object.keys(all).length > 0 && { conditions: all }) };
}
