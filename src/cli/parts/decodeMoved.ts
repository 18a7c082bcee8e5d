// Decodes latents that a command computed itself: its errors cannot advise encoding the images differently.
import { UserError } from '../../errors.ts';
import { dimensionsOf } from '../../numeric/imageShape.ts';
import type { ClassChoice } from '../../trained/model/classes.ts';
import type { FlowModel } from '../../trained/model/flowModel.ts';
import { type Latents, largestLatent } from '../../trained/model/latents.ts';
import { whyTooFarOut } from '../../trained/model/tooFarOut.ts';

/**
 * The images of latents.
 *
 * @param nameOf what the image at an index is, for the error
 * @param class the class of the images, or of each, for a model with classes
 * @param remedy what to do about an image that cannot be decoded
 * @throws UserError (`diverged`) if the values of an image are not finite
 */
export async function decodeMoved(
  model: FlowModel,
  latents: Latents,
  {
    nameOf,
    remedy,
    class: choice,
  }: { nameOf: (index: number) => string; remedy: string; class?: ClassChoice | undefined },
): Promise<Uint8Array> {
  const values = await model.decodeValues(latents, { class: choice });
  const size = dimensionsOf(model.imageShape);
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const image = Math.floor(broken / size);
    const why = whyTooFarOut(largestLatent(latents, image));
    throw new UserError('diverged', `${nameOf(image)} cannot be decoded: ${why}; ${remedy}`);
  }
  return model.pixelsOf(values);
}
