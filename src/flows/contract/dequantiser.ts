// The contract of dequantisation: noise that makes integer images continuous. And its simplest form, uniform noise.
import type { ImageShape, RandomStream } from '../../core/numeric/index.ts';
import type {
  OptionSchemas,
  OptionValues,
  PartDefinition,
  PartialDefinition,
} from '../../core/parts/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Bijection } from './bijection.ts';
import type { Condition } from './condition.ts';
import type { ParameterSpecs, Parameters } from './parameters.ts';

/** The noise that is added to integer images, and its density. */
export interface DequantisationNoise {
  /** u, in [0, 1), `[N, H, W, C]`: v + u stays in the pixel v. */
  readonly u: Tensor;
  /** ln q(u | v), `[N]`; missing if u is uniform: its density is 1. */
  readonly logDensity?: Tensor;
  /** The share of every pixel in it, `[N, H, W]`; missing if `logDensity` is. */
  readonly logDensityMap?: Tensor;
}

/**
 * A way to draw u, the noise that makes integer images v continuous, from random numbers of a fixed distribution.
 *
 * For any q, E[ln p(v + u) − ln q(u | v)] over u is a lower bound on ln P(v), the log-probability of the integer image:
 * P(v) is the integral of the density p over the pixel. The bound is tight if q(u | v) is proportional to p(v + u).
 */
export interface Dequantiser {
  /** Its parameters, by name; empty if it has none. */
  readonly parameters: ParameterSpecs;
  /** Fills `out` with the random numbers that `noise` takes: a prefix of `out` does not depend on its length. */
  draw(random: RandomStream, out: Float32Array): void;
  /**
   * The noise of images.
   *
   * @param drawn from `draw`, `[N, H, W, C]`
   * @param image the pixels v as v/2^bits − ½, of the same shape
   */
  noise(drawn: Tensor, image: Tensor, p: Parameters): DequantisationNoise;
  /** The bijection from standard normal draws to u, in some order of its values; missing if u itself is drawn. */
  readonly flow?: Bijection;
  /** The condition of `flow` for images as above. */
  condition?(image: Tensor): Condition;
}

/** No noise, for images that are real numbers. */
export const noDequantiser: Dequantiser = {
  parameters: {},
  draw: (_, out) => {
    out.fill(0);
  },
  noise: (drawn) => ({ u: drawn }),
};

/**
 * Uniform noise: q = 1, u as drawn. Source: Theis, van den Oord and Bethge, A note on the evaluation of generative models
 * (2016).
 */
const uniformDequantiser: Dequantiser = {
  parameters: {},
  draw: (random, out) => random.fillDequantisationNoise(out),
  noise: (drawn) => ({ u: drawn }),
};

/** The largest bit depth where u of 16 bits, and v + u, are exact in float32. */
const MOST_EXACT_BITS = 8;

/**
 * Uniform noise for integers of so many bits. For more than 8, u has 24 − bits bits and is in the middle of its steps: then
 * v/2^bits − ½ + u/2^bits is exact in float32, and never rounds into the next pixel.
 */
function uniformNoise(bits: number): Dequantiser {
  if (bits <= MOST_EXACT_BITS) {
    return uniformDequantiser;
  }
  const steps = 2 ** (24 - bits);
  return {
    ...uniformDequantiser,
    draw(random, out) {
      random.fillDequantisationNoise(out);
      for (let index = 0; index < out.length; index++) {
        out[index] = (Math.floor(out[index]! * steps) + 0.5) / steps;
      }
    },
  };
}

/** The model's properties that its dequantiser depends on. */
interface DequantiserSurroundings {
  /** Bits of an integer value. */
  readonly bits: number;
  /** The padding of networks at the image's edge. */
  readonly boundary: 'zero' | 'periodic';
}

/** A way to dequantise that configurations can choose. A bound on the likelihood is named after it. */
export interface DequantiserDefinition<Schemas extends OptionSchemas = OptionSchemas>
  extends PartDefinition<Schemas> {
  readonly kind: 'dequantiser';
  /** The dequantiser of images of a shape. */
  build(
    shape: ImageShape,
    options: OptionValues<Schemas>,
    surroundings: DequantiserSurroundings,
  ): Dequantiser;
}

/** Defines a way to dequantise, as `define.mixing` does a mixing. */
export function defineDequantiser<Schemas extends OptionSchemas = Record<never, never>>(
  definition: PartialDefinition<DequantiserDefinition<Schemas>>,
): DequantiserDefinition<Schemas> {
  return { options: {} as Schemas, ...definition, kind: 'dequantiser' };
}

/** Uniform noise as configurations choose it. */
export const uniformDequantisation = defineDequantiser({
  name: 'uniform',
  summary: 'Uniform noise.',
  build: (_, __, { bits }) => uniformNoise(bits),
});
