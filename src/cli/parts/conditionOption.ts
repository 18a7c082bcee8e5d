// The option of commands that gives the conditions of images, and those of images that have their own.
import type { Command } from 'commander';
import type { WantedConditions } from '../../data/contract/conditions.ts';
import { type ImageSet, imagesInMemory } from '../../data/contract/dataset.ts';
import type { NamedImages } from '../../data/sources/imageFiles.ts';
import { UserError, unknownName } from '../../errors.ts';
import { componentsOf } from '../../trained/likelihood/conditionArrays.ts';
import { type ConditionChoice, conditionsOf } from '../../trained/model/conditions.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { collect } from './options.ts';

/** The option that gives conditions. */
export interface ConditionCommandOptions {
  readonly condition?: readonly string[];
}

/** Which conditions images have without the option. */
export const CONDITIONS_OF_IMAGES = 'those of conditions.csv beside the images';

/**
 * Adds `--condition`.
 *
 * @param otherwise what images are given without it, such as `those of the data`
 */
export function addConditionOption(command: Command, otherwise: string): Command {
  return command.option(
    '--condition <name=value>',
    `for a model with conditions: the value of one for all images; may be repeated (default: ${otherwise})`,
    collect,
  );
}

/**
 * The conditions that are given by name.
 *
 * @throws UserError (`invalid-argument`) if one is unknown, is given twice, or is not a number
 */
export function givenConditions(
  { model }: FlowModel,
  { condition = [] }: ConditionCommandOptions,
): Record<string, number> {
  const known = componentsOf(model).map(({ name }) => name);
  const given: Record<string, number> = {};
  for (const text of condition) {
    const [, name = text, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    if (known.length === 0) {
      throw new UserError(
        'invalid-argument',
        `the model has no conditions: leave out --condition ${text}, or train one with model.condition`,
      );
    }
    if (!known.includes(name)) {
      throw unknownName('condition', name, known, 'invalid-argument');
    }
    if (Object.hasOwn(given, name)) {
      throw new UserError('invalid-argument', `--condition ${name} is given twice: keep one value`);
    }
    if (value.trim() === '' || !Number.isFinite(Number(value))) {
      throw new UserError(
        'invalid-argument',
        `--condition ${text}: expected NAME=NUMBER, such as ${name}=0.3`,
      );
    }
    given[name] = Number(value);
  }
  return given;
}

/**
 * The condition of all images of a command that takes none from data.
 *
 * @throws UserError as `givenConditions` does, or if one is missing
 */
export function chosenCondition(model: FlowModel, options: ConditionCommandOptions): ConditionChoice {
  const given = givenConditions(model, options);
  const missing = componentsOf(model.model).filter(({ name }) => !Object.hasOwn(given, name));
  if (missing.length > 0) {
    const [{ name, mean }] = missing as [(typeof missing)[0]];
    throw new UserError(
      'invalid-argument',
      `the model depends on ${missing.map((one) => one.name).join(', ')}: give a value of each, such as --condition ${name}=${Number(mean.toPrecision(2))}`,
    );
  }
  return given;
}

/** The conditions that images must have themselves, since the command line doesn't give them; undefined if none. */
export function conditionsToRead(
  model: FlowModel,
  options: ConditionCommandOptions,
): WantedConditions | undefined {
  const given = givenConditions(model, options);
  const names = componentsOf(model.model).flatMap(({ name }) => (Object.hasOwn(given, name) ? [] : [name]));
  return names.length === 0 ? undefined : { names };
}

/** Images as a set, with their labels, and their conditions or those that are given. */
export function imageSetOf(
  { pixels, labels, conditions }: NamedImages,
  model: FlowModel,
  options: ConditionCommandOptions,
): ImageSet {
  const { imageShape } = model;
  const set = imagesInMemory(pixels, imageShape);
  const given = givenConditions(model, options);
  const all = { ...conditions, ...conditionsOf(model.model, given, { count: set.count, imageShape }) };
  return { ...set, ...(labels && { labels }), ...(Object.keys(all).length > 0 && { conditions: all }) };
}
