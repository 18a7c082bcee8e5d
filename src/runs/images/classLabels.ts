// The classes of a model and the labels of its images, which must agree.

import { UserError } from '../../core/errors.ts';
import type { Dataset, Labels } from '../../data/contract/index.ts';
import type { Config } from '../settings/configSchema.ts';

/** What to do about images without labels. */
const REMEDY = 'put them into folders by class, or leave out model.classes';

/** What to do about images with other classes than a model. */
const OTHER_CLASSES =
  'use images with the classes of the model, or start a run with model.classes=true, which uses the classes of the images';

/**
 * A configuration for these images: where `model.classes` is true, it names their classes.
 *
 * @throws UserError (`mismatch`) if it is true and the images have no labels, or only one class
 */
export function withClassNames(
  config: Config,
  { name, train, whyNoLabels }: Pick<Dataset, 'name' | 'train' | 'whyNoLabels'>,
): Config {
  if (config.model.classes !== true) {
    return config;
  }
  const classes = train.labels?.classes ?? [];
  if (classes.length < 2) {
    const problem = train.labels ? 'are all of one class' : `have no labels${reason(whyNoLabels)}`;
    throw new UserError('mismatch', `model.classes is true, but the images of ${name} ${problem}: ${REMEDY}`);
  }
  return { ...config, model: { ...config.model, classes: [...classes] } };
}

/** Why images have no labels, in brackets, if there is something to say. */
function reason(whyNoLabels: string | undefined): string {
  return whyNoLabels === undefined ? '' : ` (${whyNoLabels})`;
}

/**
 * The labels of images for a model with these classes.
 *
 * @param classes the model's
 * @param name the name or path of the images, for errors
 * @param whyNoLabels why they have none, for errors, from their dataset
 * @throws UserError (`mismatch`) if they have no labels, or other classes
 */
export function requireLabels(
  { labels }: { readonly labels?: Labels },
  classes: readonly string[],
  name: string,
  whyNoLabels?: string,
): Labels {
  if (labels === undefined) {
    throw new UserError(
      'mismatch',
      `the images of ${name} have no labels${reason(whyNoLabels)}, and the model has ${classes.length} classes: ${REMEDY}`,
    );
  }
  const imageClasses = labels.classes;
  if (imageClasses.length !== classes.length) {
    throw new UserError(
      'mismatch',
      `the images of ${name} have ${imageClasses.length} classes, but the model has ${classes.length}: ${OTHER_CLASSES}`,
    );
  }
  const mismatch = classes.findIndex((className, number) => imageClasses[number] !== className);
  if (mismatch !== -1) {
    throw new UserError(
      'mismatch',
      `class ${mismatch} of ${name} is '${imageClasses[mismatch]}', but '${classes[mismatch]}' in the model: ${OTHER_CLASSES}`,
    );
  }
  return labels;
}
