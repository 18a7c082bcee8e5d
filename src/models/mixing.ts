// What mixes channels and pixels between couplings, by name.
import type { Bijection } from '../flows/bijection.ts';
import { conv1x1, conv1x1Plu, conv1x1Qr } from '../flows/conv1x1.ts';
import { emerging } from '../flows/emerging.ts';
import { maf } from '../flows/maf.ts';
import { periodic } from '../flows/periodic.ts';
import { reverse, shuffle } from '../flows/permutation.ts';
import type { ImageShape } from '../numeric/imageShape.ts';

/** The options that a mixing may look at. */
interface MixingOptions {
  readonly kernelSize: number;
  readonly dilation: number;
  readonly hiddenChannels?: number;
}

/** The layers of each mixing, first to last, under the keys that their parameters' paths have. */
export const mixings = {
  '1x1': (shape: ImageShape) => ({ conv1x1: conv1x1(shape) }),
  '1x1-plu': (shape: ImageShape) => ({ conv1x1: conv1x1Plu(shape) }),
  '1x1-qr': (shape: ImageShape) => ({ conv1x1: conv1x1Qr(shape) }),
  emerging: (shape: ImageShape, options: MixingOptions) => ({
    conv1x1: conv1x1(shape),
    emerging: emerging(shape, options),
  }),
  periodic: (shape: ImageShape, options: MixingOptions) => ({ periodic: periodic(shape, options) }),
  maf: (shape: ImageShape, options: MixingOptions) => ({ conv1x1: conv1x1(shape), maf: maf(shape, options) }),
  reverse: (shape: ImageShape) => ({ reverse: reverse(shape) }),
  shuffle: (shape: ImageShape) => ({ shuffle: shuffle(shape) }),
} satisfies Record<string, (shape: ImageShape, options: MixingOptions) => Record<string, Bijection>>;

/** The name of a mixing. */
export type Mixing = keyof typeof mixings;
