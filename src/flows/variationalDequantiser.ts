// Variational dequantisation: the noise of an image comes from a small flow that sees the image.
import type { ImageShape } from '../numeric/imageShape.ts';
import { subtract } from '../tensor/operations/index.ts';
import { OPEN_BATCH } from '../tensor/shape.ts';
import { input, type Tensor } from '../tensor/tensor.ts';
import type { Bijection } from './bijection.ts';
import { chain } from './chain.ts';
import { coupling } from './coupling.ts';
import type { Dequantiser } from './dequantiser.ts';
import { parametersFrom } from './parameters.ts';
import { reverse } from './permutation.ts';
import { logDetShares } from './pixelMap.ts';
import { topPrior } from './prior.ts';
import { squeeze } from './squeeze.ts';
import { unitInterval } from './unitInterval.ts';

/** The options of variational dequantisation. */
export interface VariationalOptions {
  /** Bits of a pixel value. */
  readonly bits: number;
  /** Steps of its flow, two couplings each: one for either half of the channels. */
  readonly steps: number;
  /** Hidden channels of the networks in its couplings. */
  readonly width: number;
}

/**
 * The standard deviation of the normal distribution that a sigmoid turns into noise at the start: nearly uniform noise,
 * whose bound is 0.0218 bits/dim looser than that of uniform noise under a density that is flat within pixels.
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
 * out f gets. For 8 bits this costs 4.4·10⁻⁵ bits/dim.
 *
 * Source: Ho, Chen, Srinivas, Duan and Abbeel, Flow++ (2019).
 *
 * @throws if height or width is odd
 */
export function variationalDequantiser(shape: ImageShape, options: VariationalOptions): Dequantiser {
  const squeezed = squeeze(shape);
  const normal = topPrior(shape, { learnedPrior: false });
  return {
    parameters: noiseFlow(shape, input('image', [OPEN_BATCH, ...shape]), options).parameters,
    flow: (image) => noiseFlow(shape, image, options),
    draw(random, out) {
      out.set(random.normals(out.length));
    },
    noise(drawn, image, p) {
      const { y, ...stretched } = noiseFlow(shape, image, options).forward(drawn, p);
      const { logPrior, logPriorMap } = normal.forward(drawn, p);
      return {
        u: squeezed.inverse(y, p),
        logDensity: subtract(logPrior, stretched.logDet),
        logDensityMap: subtract(logPriorMap, logDetShares({ y, ...stretched }, shape)),
      };
    },
  };
}

/** The flow from ε to the squeezed u of images `[N, H, W, C]` in [−½, ½); a bijection as any other, once they are given. */
function noiseFlow(shape: ImageShape, image: Tensor, { bits, steps, width }: VariationalOptions): Bijection {
  const squeezed = squeeze(shape);
  const inner = squeezed.outputShape;
  const given = squeezed.forward(image, parametersFrom({})).y;
  return chain('noise', {
    squeeze: squeezed,
    steps: noiseSteps(inner, given, { steps, width }),
    unitInterval: unitInterval(inner, {
      scale: START_DEVIATION / START_OF_COUPLING ** steps,
      margin: 2 ** (bits - 24),
    }),
  });
}

/** Steps of two affine couplings, the second of which changes the half that the first one keeps. */
export function noiseSteps(
  shape: ImageShape,
  given: Tensor,
  { steps, width }: Omit<VariationalOptions, 'bits'>,
): Bijection {
  const step = chain('noise step', {
    first: coupling(shape, { width, given }),
    reverse: reverse(shape),
    second: coupling(shape, { width, given }),
    restore: reverse(shape),
  });
  return chain('noise steps', Object.fromEntries(Array.from({ length: steps }, (_, index) => [index, step])));
}
