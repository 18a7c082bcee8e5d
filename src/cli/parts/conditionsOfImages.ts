// The conditions of the images of a command: those that are given, and those that images must have themselves.

import { conditionsByTable, rowsOf } from '../../data/conditions/table.ts';
import type { RequiredCondition } from '../../data/contract/conditions.ts';
import { type Conditions, type ImageSet, imagesInMemory } from '../../data/contract/dataset.ts';
import type { NamedImages } from '../../data/sources/namedImages.ts';
import { UserError } from '../../errors.ts';
import { componentsOf } from '../../trained/likelihood/conditionArrays.ts';
import { type ConditionChoice, conditionsOf, valuesOfConditions } from '../../trained/model/conditions.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { type ConditionCommandOptions, type GivenConditions, givenConditions } from './conditionOption.ts';

/** Conditions for images that have none of their own. */
interface ChosenConditions {
  /** How many there are; 1 for one for all images. */
  readonly rows: number;
  /** Those of so many images: each of the rows for an equal share, one after the other. */
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
    const [{ name, mean, image }] = missing as [(typeof missing)[0]];
    const example = image ? `${name}=${name}.png` : `${name}=${Number(mean.toPrecision(2))}`;
    throw new UserError(
      'invalid-argument',
      `the model depends on ${missing.map((one) => one.name).join(', ')}: give ${image ? 'an image' : 'a value'} of each, such as --condition ${example}`,
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
  { names, namesInFolders = names, pixels, labels, conditions }: NamedImages,
  { imageShape, model }: FlowModel,
  { numbers, files }: GivenConditions,
): ImageSet {
  const set = imagesInMemory(pixels, imageShape);
  const ofFiles = files.map(({ table, components }) =>
    table.rows === 1 && table.files === undefined
      ? rowsOf(components, new Array(set.count).fill(0))
      : conditionsByTable(namesInFolders, table, components),
  );
  const all: Conditions = Object.assign(
    {},
    conditions,
    ...ofFiles,
    conditionsOf(model, numbers, { count: set.count, imageShape }),
  );
  return { ...set, ...(labels && { labels }), ...(Object.keys(all).length > 0 && { conditions: all }) };
}
