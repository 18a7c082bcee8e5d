// The coupling layer: a mask, a conditioner and a transformer.
import { UserError } from '../../core/errors.ts';
import type { ImageShape } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import { remember, sumPerImage } from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import type { Condition } from '../contract/condition.ts';
import { type Parameters, prefixed } from '../contract/parameters.ts';
import { affine } from './affine.ts';
import { channelHalves } from './channelHalves.ts';
import type { ConditionerFor } from './conditioner.ts';
import { besideContext, type ContextFor } from './context.ts';
import type { MaskFor } from './mask.ts';
import type { Transformer } from './transformer.ts';

/** The parts of a coupling. */
export interface CouplingParts {
  /** Which values stay and which change; default: the first half of the channels stays. */
  readonly mask?: MaskFor;
  /** The network that sees the values that stay. */
  readonly conditioner: ConditionerFor;
  /** How the others change; default: affine. */
  readonly transformer?: Transformer;
  /** What the network sees beside the values that stay, from the condition; by default nothing. */
  readonly context?: ContextFor | undefined;
}

/**
 * A coupling: some values of an image, a, stay unchanged and determine how each of the others, b, is transformed:
 * b' = T(b; network(a)); ln|det| = Σ ln T'.
 *
 * Sources: Dinh et al., NICE (2015) and Real NVP (2017).
 *
 * @throws if the mask keeps or changes nothing
 */
export function coupling(
  shape: ImageShape,
  {
    mask: maskFor = channelHalves,
    conditioner: conditionerFor,
    transformer = affine(),
    context: contextFor,
  }: CouplingParts,
): Bijection {
  const mask = maskFor(shape);
  const [height, width, seen] = mask.seenShape;
  const context = contextFor?.([height, width]);
  const conditioner = conditionerFor([height, width, seen + (context?.channels ?? 0)], {
    channels: mask.changedShape[2],
    numbers: transformer.numbers,
  });
  const numbersFor = (kept: Tensor, p: Parameters, condition: Condition | undefined): Tensor => {
    const image = mask.see(kept);
    const input = context ? besideContext(image, context.forward(p.at('context'), condition)) : image;
    const output = conditioner.forward(input, p, condition);
    requireChannels(output, mask.changedShape[2], transformer.numbers);
    return remember(mask.select(output));
  };
  return {
    name: 'coupling',
    inputShape: shape,
    outputShape: shape,
    parameters: { ...conditioner.parameters, ...(context && prefixed('context', context.parameters)) },
    forward(x, p, condition) {
      const { kept, changed } = mask.divide(x);
      const { y, logDerivative } = transformer.forward(changed, numbersFor(kept, p, condition));
      const joined = mask.join({ kept, changed: y });
      return logDerivative
        ? { y: joined, logDet: sumPerImage(logDerivative), logDetMap: mask.perPixel(logDerivative) }
        : { y: joined, logDet: constant(0) };
    },
    inverse(y, p, condition) {
      const { kept, changed } = mask.divide(y);
      return mask.join({ kept, changed: transformer.inverse(changed, numbersFor(kept, p, condition)) });
    },
    maps: (p) => [
      {
        kind: 'coupling',
        changed: (x) => mask.divide(x).changed,
        numbers: (x, condition) => numbersFor(mask.divide(x).kept, p, condition),
        transformer,
      },
    ],
  };
}

/** Checks the output of a conditioner, which may be a user's own. */
function requireChannels({ shape }: Tensor, channels: number, numbers: number): void {
  const returned = shape.at(-1);
  if (returned !== channels * numbers) {
    throw new UserError(
      'mismatch',
      `coupling: the conditioner returned ${returned} channels instead of ${channels * numbers}: ` +
        `the transformer takes ${numbers} parameters for each of ${channels} channels`,
    );
  }
}
