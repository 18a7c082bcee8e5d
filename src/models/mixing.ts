// What mixes channels and pixels between couplings, by name.
import type { Bijection } from '../flows/bijection.ts';
import { conv1x1 } from '../flows/conv1x1.ts';
import { emerging } from '../flows/emerging.ts';
import type { ImageShape } from '../numeric/imageShape.ts';

/** The options that a mixing may look at. */
interface MixingOptions {
  readonly kernelSize: number;
  readonly dilation: number;
}

/** The layers of each mixing, first to last, under the keys that their parameters' paths have. */
export const mixings = {
  '1x1': (shape: ImageShape) => ({ conv1x1: conv1x1(shape) }),
  emerging: (shape: ImageShape, options: MixingOptions) => ({
    conv1x1: conv1x1(shape),
    emerging: emerging(shape, options),
  }),
} satisfies Record<string, (shape: ImageShape, options: MixingOptions) => Record<string, Bijection>>;

/** The name of a mixing. */
export type Mixing = keyof typeof mixings;
