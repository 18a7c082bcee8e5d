// Decodes latents that a command computed itself: its errors cannot advise encoding the images differently.
import { UserError } from '../../errors.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import type { Values } from '../../numeric/values.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import type { CodingOptions } from '../../trained/model/flowModelOptions.ts';
import { type Latents, largestLatent } from '../../trained/model/latents.ts';
import { whyTooFarOut } from '../../trained/model/tooFarOut.ts';

/**
 * The images of latents.
 *
 * @param nameOf what the image at an index is, for the error
 * @param remedy what to do about an image that cannot be decoded
 * @throws UserError (`diverged`) if the values of an image are not finite
 */
export async function decodeMoved(
  model: FlowModel,
  latents: Latents,
  { nameOf, remedy, ...coding }: CodingOptions & { nameOf: (index: number) => string; remedy: string },
): Promise<Values> {
  const values = await model.decodeValues(latents, coding);
  const size = dimensionsOf(model.imageShape);
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const image = Math.floor(broken / size);
    const why = whyTooFarOut(largestLatent(latents, image));
    throw new UserError('diverged', `${nameOf(image)} cannot be decoded: ${why}; ${remedy}`);
  }
  return model.pixelsOf(values);
}
