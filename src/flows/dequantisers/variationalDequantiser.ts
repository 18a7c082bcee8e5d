// Variational dequantisation: the noise of an image comes from a small flow that sees the image.
import type { ImageShape } from '../../core/numeric/index.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { subtract } from '../../tensor/operations/index.ts';
import { type Bijection, chain, logDetShares } from '../contract/bijection.ts';
import type { Condition } from '../contract/condition.ts';
import { type Dequantiser, defineDequantiser } from '../contract/dequantiser.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { coupling } from '../coupling/coupling.ts';
import { glowConditioner } from '../coupling/glowConditioner.ts';
import { contextImages } from '../coupling/parts.ts';
import { reverse } from '../layers/permutation.ts';
import type { ImageBoundary } from '../layers/scaledConvolution.ts';
import { MOST_CHANNELS } from '../layers/sharedOptions.ts';
import { squeeze } from '../layers/squeeze.ts';
import { unitInterval } from '../layers/unitInterval.ts';
import { topPrior } from '../priors/prior.ts';

/** The options of variational dequantisation. */
export interface VariationalOptions {
  /** Bits of a pixel value; default 8. */
  readonly bits?: number | undefined;
  /** Steps of its flow, two couplings each: one for either half of the channels; default 2. */
  readonly steps?: number | undefined;
  /** Hidden channels of the networks in its couplings; default 32. */
  readonly width?: number | undefined;
  /** The values that these networks read outside an image; default `zero`. */
  readonly boundary?: ImageBoundary | undefined;
}

/**
 * The standard deviation of the normal distribution that a sigmoid turns into noise at the start: nearly uniform noise,
 * whose bound is 0.0218 bits/dim looser than with uniform noise under a density that is flat within pixels.
 */
const START_DEVIATION = 1.6;

/** What an affine coupling multiplies by at its start, sigmoid(2). */
const START_OF_COUPLING = 1 / (1 + Math.exp(-2));

/**
 * Variational dequantisation: u = sigmoid(f(ε; v)) with ε ~ N(0, 1), and
 *
 *     ln q(u | v) = ln N(ε) − ln|det ∂u/∂ε|.
 *
 * f squeezes the noise, passes it through affine couplings whose networks also see the squeezed image, and scales and
 * shifts every channel. The last layers of the networks start at zero: u starts as the sigmoid of a normal with deviation
 * 1.6, whatever the image.
 *
 * The sigmoid is onto (2^(bits−24), 1 − 2^(bits−24)): in float32 v + u and (v + u)/2^bits − ½ stay in the pixel however far
 * out f gets. For 8 bits this costs 4.4·10⁻⁵ bits/dim, for 16 bits 0.011.
 *
 * Source: Ho, Chen, Srinivas, Duan and Abbeel, Flow++ (2019).
 *
 * @throws if height or width is odd
 */
export function variationalDequantiser(
  shape: ImageShape,
  { bits = 8, steps = 2, width = 32, boundary = 'zero' }: VariationalOptions = {},
): Dequantiser {
  const squeezed = squeeze(shape);
  const inner = squeezed.outputShape;
  const normal = topPrior(shape, { learnedPrior: false });
  const flow = chain('noise', {
    squeeze: squeezed,
    steps: noiseSteps(inner, { steps, width, boundary }),
    unitInterval: unitInterval(inner, {
      scale: START_DEVIATION / START_OF_COUPLING ** steps,
      margin: 2 ** (bits - 24),
    }),
  });
  const none = parametersFrom({});
  const condition = (image: Tensor): Condition => ({ context: squeezed.forward(image, none).y });
  return {
    parameters: flow.parameters,
    flow,
    condition,
    draw(random, out) {
      out.set(random.normals(out.length));
    },
    noise(drawn, image, p) {
      const { y, ...stretched } = flow.forward(drawn, p, condition(image));
      const { logPrior, logPriorMap } = normal.forward(drawn, p);
      return {
        u: squeezed.inverse(y, p),
        logDensity: subtract(logPrior, stretched.logDet),
        logDensityMap: subtract(logPriorMap, logDetShares({ y, ...stretched }, shape)),
      };
    },
  };
}

/**
 * Steps of two affine couplings, with the second changing the half that the first one keeps. Their networks also see a
 * context image of the same shape.
 */
export function noiseSteps(
  shape: ImageShape,
  {
    steps,
    width,
    boundary,
  }: { readonly steps: number; readonly width: number; readonly boundary: ImageBoundary },
): Bijection {
  const parts = { conditioner: glowConditioner({ width, boundary }), context: contextImages(shape[2]) };
  const step = chain('noise step', {
    first: coupling(shape, parts),
    reverse: reverse(shape),
    second: coupling(shape, parts),
    restore: reverse(shape),
  });
  return chain('noise steps', Object.fromEntries(Array.from({ length: steps }, (_, index) => [index, step])));
}

/** Variational noise as configurations choose it. */
export const variationalDequantisation = defineDequantiser({
  name: 'variational',
  summary: 'Noise from a small flow that sees the image.',
  options: {
    steps: option('Steps of its flow, two couplings each.', wholeNumber(1, 32), 2),
    width: option('Hidden channels of its networks.', wholeNumber(1, MOST_CHANNELS), 32),
  },
  build: (shape, options, surroundings) => variationalDequantiser(shape, { ...options, ...surroundings }),
});
