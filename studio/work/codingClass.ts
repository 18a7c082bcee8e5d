// Of a model with classes, the class under which an image becomes latents and returns.
import type { FlowModel } from 'emerging-flows';
import type { Call } from './calls.ts';
import { workOf } from './workOf.ts';

/**
 * The class that is named, or else the most probable one of the image, as `emerging encode` chooses it; undefined for a
 * model without classes. A name that is left over from another model counts as none.
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
