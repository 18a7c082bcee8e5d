// The images of a study.

import { UserError } from '../../src/core/errors.ts';
import type { ImageShape } from '../../src/core/numeric/imageShape.ts';
import { openDataset } from '../../src/data/registry.ts';
import { checkModelShape } from '../../src/runs/settings/modelShape.ts';
import { configsOf } from './runs.ts';
import type { Study } from './studies.ts';

/**
 * The shape of a study's images.
 *
 * @throws UserError if they are missing, if none are for validation, or if a model of the study doesn't accept them
 */
export async function checkImages(study: Study): Promise<ImageShape> {
  const configs = configsOf(study);
  const { imageShape, validation } = await openDataset(study.data.name, {
    validation: [...configs.values()][0]!.data.validation,
  });
  if (validation.count === 0) {
    throw new UserError(
      'invalid-config',
      `${study.name}: it has no validation images, which are needed to choose learning rates and draw curves: ` +
        "hold some out, for example with 'data.validation=0.1' among its changes",
    );
  }
  for (const [variant, { model }] of configs) {
    try {
      checkModelShape(model, imageShape);
    } catch (error) {
      throw error instanceof UserError
        ? new UserError(error.code, `${study.name}, ${variant}: ${error.message}`, { cause: error })
        : error;
    }
  }
  return imageShape;
}
