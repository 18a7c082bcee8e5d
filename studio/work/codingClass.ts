// The class used to encode and decode an image, for models with classes.
import type { FlowModel } from 'emerging-flows';
import type { Call } from './calls.ts';
import { workOf } from './workOf.ts';

/**
 * The named class if the model has it, otherwise the image's most probable one, as in `emerging encode`; undefined for
 * models without classes.
 */
export async function codingClass(
  model: FlowModel,
  pixels: Uint8Array,
  name: string,
  call: Call,
): Promise<string | undefined> {
  if (model.classes.length === 0 || model.classes.includes(name)) {
    return model.classes.length === 0 ? undefined : name;
  }
  const following = workOf(call, 'Finding the class');
  const [found] = await model.classify(pixels, { noiseByContent: true, ...following });
  return found!.class;
}
