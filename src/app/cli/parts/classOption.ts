// The option of commands that names a class of a model, and the classes of images that nobody has named.
import type { Command } from 'commander';
import { UserError } from '../../../core/errors.ts';
import type { Values } from '../../../core/numeric/index.ts';
import { type ConditionChoice, classNumber, type FlowModel, type WorkOptions } from '../../../model/index.ts';

/** The option that names a class. */
export interface ClassOptions {
  readonly class?: string;
}

/**
 * Adds `--class`.
 *
 * @param otherwise what happens without it, such as `the most probable class of each image`
 */
export function addClassOption(command: Command, otherwise: string): Command {
  return command.option(
    '--class <name|n>',
    `for a model with classes: the class of the images, by name or number, starting at 0 (default: ${otherwise})`,
  );
}

/**
 * The number of the class that is named; undefined if none is.
 *
 * @throws UserError if the model has no such class
 */
export function chosenClass({ classes }: FlowModel, name: string | undefined): number | undefined {
  return name === undefined ? undefined : classNumber(classes, name);
}

/**
 * The class number of each image, given its condition: the named class, or the most probable one; undefined for a model
 * without classes.
 *
 * @throws UserError if the model has no such class
 */
export async function classesOfImages(
  model: FlowModel,
  pixels: Values,
  { class: name }: ClassOptions,
  work: Pick<WorkOptions, 'onProgress'> & { readonly condition?: ConditionChoice } = {},
): Promise<readonly number[] | number | undefined> {
  const chosen = chosenClass(model, name);
  if (chosen !== undefined || model.classes.length === 0) {
    return chosen;
  }
  const classes = await model.classify(pixels, { noiseByContent: true, ...work });
  return classes.map(({ number }) => number);
}

/** The number of the class of one image, or of the first of several, as `classesOfImages` finds it. */
export async function classOfImage(
  model: FlowModel,
  pixels: Values,
  options: ClassOptions,
  condition: ConditionChoice,
): Promise<number | undefined> {
  const classNumbers = await classesOfImages(model, pixels, options, { condition });
  return typeof classNumbers === 'object' ? classNumbers[0] : classNumbers;
}

/**
 * The numbers of the classes that are named; all of a model for `all`.
 *
 * @throws UserError if the model has no such class, or none at all
 */
export function chosenClasses({ classes }: FlowModel, names: readonly string[]): number[] {
  if (classes.length === 0) {
    throw new UserError(
      'invalid-argument',
      'the model has no classes: name folders of images with --from and --towards, or train a model with model.classes',
    );
  }
  return names.flatMap((name) =>
    name === 'all' && !classes.includes(name) ? [...classes.keys()] : [classNumber(classes, name)],
  );
}
