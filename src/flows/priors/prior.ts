// The Gaussian priors: of the half of the channels that a split factors out, and of the remainder at the top.
import type { ImageShape } from '../../core/numeric/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  edgeResponse,
  exp,
  expand,
  identity,
  multiply,
  negate,
  product,
  reshape,
  split as splitChannels,
  squareOffsets,
  subtract,
  sum,
  sumPerImage,
} from '../../tensor/operations/index.ts';
import { type Condition, required } from '../contract/condition.ts';
import { filledParameter, type ParameterSpecs, type Parameters, prefixed } from '../contract/parameters.ts';
import { besideContext, type ContextFor } from '../coupling/context.ts';
import {
  byNumber,
  type ImageBoundary,
  scaledConvolution,
  scaledConvolutionParameters,
} from '../layers/scaledConvolution.ts';

/** The normal distributions of latents. */
export interface NormalNumbers {
  /** Their means. */
  readonly mean: Tensor;
  /** The logarithms of their standard deviations. */
  readonly logDeviation: Tensor;
}

/** The normal distributions of latents; undefined for the standard normal. */
export type Gaussian = NormalNumbers | undefined;

/** Latents, and their log-density under a prior. */
export interface Standardised {
  /** The latents, standard normal under the prior. */
  readonly epsilon: Tensor;
  /** The log-density of z, `[N]`. */
  readonly logPrior: Tensor;
  /** The share of every pixel in it, `[N, H, W]`. */
  readonly logPriorMap: Tensor;
}

/** ε = (z − mean)·e^(−logDeviation), and ln N(z) = Σ(−½ ln 2π − logDeviation − ½ ε²) per image. */
function standardise(z: Tensor, gaussian: Gaussian): Standardised {
  const [, height, width, channels] = z.shape as [number, number, number, number];
  const normaliser = (dimensions: number): number => -0.5 * Math.log(2 * Math.PI) * dimensions;
  const densities = (energy: Tensor) => ({
    logPrior: subtract(normaliser(height * width * channels), sumPerImage(energy)),
    logPriorMap: subtract(normaliser(channels), sum(energy, [3])),
  });
  if (!gaussian) {
    return { epsilon: z, ...densities(multiply(multiply(z, z), 0.5)) };
  }
  const { mean, logDeviation } = gaussian;
  const epsilon = multiply(subtract(z, mean), exp(negate(logDeviation)));
  return { epsilon, ...densities(add(multiply(multiply(epsilon, epsilon), 0.5), logDeviation)) };
}

/** z = mean + ε·e^logDeviation. */
function unstandardise(epsilon: Tensor, gaussian: Gaussian): Tensor {
  return gaussian ? add(multiply(epsilon, exp(gaussian.logDeviation)), gaussian.mean) : epsilon;
}

/** The half that a split keeps, and the latent of the other. */
export interface SplitResult extends Standardised {
  /** The half that is kept, `[N, H, W, C/2]`. */
  readonly y: Tensor;
}

/** Factors out half of the channels as a latent and keeps the rest. */
export interface Split {
  /** Its parameters; empty if the prior is not learned. */
  readonly parameters: ParameterSpecs;
  /** The shape of the half that is kept. */
  readonly keptShape: ImageShape;
  /** The shape of the latent of one image. */
  readonly latentShape: ImageShape;
  /** y is the half that is kept; the other half is standardised. */
  forward(x: Tensor, p: Parameters, condition?: Condition): SplitResult;
  /** The images with these kept halves and latents: the inverse of `forward`. */
  inverse(y: Tensor, epsilon: Tensor, p: Parameters, condition?: Condition): Tensor;
  /** The Gaussian of the half that is factored out, given the half that is kept. */
  gaussian(kept: Tensor, p: Parameters, condition?: Condition): Gaussian;
}

/** The options of a split. */
export interface SplitOptions {
  /** Whether mean and deviation are learned, the default; standard normal otherwise. */
  readonly learnedPrior?: boolean;
  /** What the convolutions of learned priors see outside an image; default `zero`. */
  readonly boundary?: ImageBoundary;
  /** What learned priors see beside the image, from the condition; by default nothing. */
  readonly context?: ContextFor | undefined;
}

/**
 * A split: the second half of the channels is factored out as a latent with a Gaussian that depends on the
 * first half, by a scaled convolution (mean: even channels, log-deviation: odd), or is standard normal if the
 * prior is not learned.
 */
export function split(
  shape: ImageShape,
  { learnedPrior = true, boundary = 'zero', context: contextFor }: SplitOptions = {},
): Split {
  const [height, width, channels] = shape;
  if (channels % 2 !== 0) {
    throw new Error(`split: the number of channels must be even, not ${channels}`);
  }
  const half = channels / 2;
  const context = learnedPrior ? contextFor?.([height, width]) : undefined;
  const gaussianOf = (kept: Tensor, p: Parameters, condition: Condition | undefined): Gaussian => {
    if (!learnedPrior) {
      return undefined;
    }
    const seen = context ? besideContext(kept, context.forward(p.at('context'), condition)) : kept;
    const numbers = scaledConvolution(seen, p, { boundary, order: byNumber(half, 2) });
    const [mean, logDeviation] = splitChannels(numbers, 3, [half, half]);
    return { mean, logDeviation };
  };
  return {
    parameters: learnedPrior
      ? {
          ...scaledConvolutionParameters(half + (context?.channels ?? 0), channels, boundary),
          ...(context && prefixed('context', context.parameters)),
        }
      : {},
    keptShape: [height, width, half],
    latentShape: [height, width, half],
    forward(x, p, condition) {
      const [y, z] = splitChannels(x, 3, [half, half]);
      return { y, ...standardise(z, gaussianOf(y, p, condition)) };
    },
    inverse: (y, epsilon, p, condition) =>
      concatenate([y, unstandardise(epsilon, gaussianOf(y, p, condition))], 3),
    gaussian: gaussianOf,
  };
}

/** The prior of the remainder at the top of a model. */
export interface TopPrior {
  /** Its parameters; empty if it is not learned. */
  readonly parameters: ParameterSpecs;
  /** The shape of the latent of one image. */
  readonly latentShape: ImageShape;
  /** How many classes it depends on; 0 if on none. */
  readonly classes: number;
  /** The latents of the remainder z, and its log-density. */
  forward(z: Tensor, p: Parameters, condition?: Condition): Standardised;
  /** The remainder with these latents: the inverse of `forward`. */
  inverse(epsilon: Tensor, p: Parameters, condition?: Condition): Tensor;
  /** The Gaussian of the remainder: `[H, W, C]`, or with a condition `[N, H, W, C]`. */
  gaussian(p: Parameters, condition?: Condition): Gaussian;
  /** The log-density of z under each class, `[N, K]`; only for a prior with classes. */
  logPriorByClass(z: Tensor, p: Parameters): Tensor;
}

/**
 * The share of V in the offsets of a class. Each element of V sees the images of one class only, and optimisers that
 * normalise their steps would move the offsets faster than the layers below can follow.
 */
const CLASS_SHARE = 0.1;

/** The options of the top prior. */
export interface TopPriorOptions extends SplitOptions {
  /** How many classes it depends on, 0 by default; only if it is learned. */
  readonly classes?: number;
}

/**
 * The top prior: a Gaussian per pixel and channel, computed from the edge channel, a bias and a scale (the
 * scaled convolution of an image of zeros), mean in the first half of its channels and log-deviation in the
 * second; standard normal if it is not learned.
 *
 * With K classes it depends on the class c of the image: (mean, log-deviation) + c·V·e^(3s)/10, with c one-hot, `[N, K]`, V
 * `[K, H, W, 2C]` and s `[2C]`, all zero at first, so that a model starts as the one without classes. In Glow V is
 * `[K, 2C]`, the same for all pixels, and a classifier that is trained along makes the model use it; with an offset for
 * each pixel the likelihood alone does.
 *
 * With a context the scaled convolution is that of the context instead of an image of zeros; classes and a context don't go
 * together.
 *
 * On a torus all pixels are alike: without an edge there is no edge channel, and V is `[K, 1, 1, 2C]`.
 */
export function topPrior(
  shape: ImageShape,
  { learnedPrior = true, boundary = 'zero', classes = 0, context: contextFor }: TopPriorOptions = {},
): TopPrior {
  const [height, width, channels] = shape;
  if (classes > 0 && !learnedPrior) {
    throw new Error('a top prior that is not learned cannot depend on classes');
  }
  if (classes > 0 && contextFor) {
    throw new Error('a top prior cannot depend on both classes and a context');
  }
  const context = learnedPrior ? contextFor?.([height, width]) : undefined;
  const hasEdge = boundary === 'zero';
  const classGrid = hasEdge ? [height, width] : [1, 1];
  const edgeOf = (p: Parameters): Tensor => {
    const edge = reshape(p.get('edgeKernel'), [9, 2 * channels]);
    return edgeResponse(height, width, edge, squareOffsets(3));
  };
  const sharedOf = (p: Parameters): Tensor => {
    const response = hasEdge
      ? add(edgeOf(p), p.get('bias'))
      : expand(p.get('bias'), [height, width, 2 * channels]);
    return multiply(response, exp(multiply(p.get('logScale'), 3)));
  };
  /** The Gaussians of the given classes, one-hot `[M, K]`: mean and log-deviation `[M, H, W, C]`. */
  const gaussiansOf = (p: Parameters, oneHot: Tensor): NonNullable<Gaussian> => {
    const scale = exp(multiply(p.get('classLogScale'), 3));
    const [rows, columns] = classGrid as [number, number];
    const kernel = reshape(p.get('classKernel'), [classes, rows * columns * 2 * channels]);
    const offset = reshape(product(oneHot, kernel), [oneHot.shape[0]!, rows, columns, 2 * channels]);
    const all = add(multiply(offset, multiply(scale, CLASS_SHARE)), sharedOf(p));
    const [mean, logDeviation] = splitChannels(all, 3, [channels, channels]);
    return { mean, logDeviation };
  };
  const gaussianOf = (p: Parameters, condition: Condition | undefined): Gaussian => {
    if (!learnedPrior) {
      return undefined;
    }
    if (classes > 0) {
      return gaussiansOf(p, required(condition, 'classes'));
    }
    const numbers = context
      ? scaledConvolution(context.forward(p.at('context'), condition), p, { boundary })
      : sharedOf(p);
    const [mean, logDeviation] = splitChannels(numbers, numbers.rank - 1, [channels, channels]) as [
      Tensor,
      Tensor,
    ];
    return { mean, logDeviation };
  };
  return {
    latentShape: shape,
    classes,
    parameters: context
      ? {
          ...scaledConvolutionParameters(context.channels, 2 * channels, boundary),
          ...prefixed('context', context.parameters),
        }
      : learnedPrior
        ? {
            ...(hasEdge && { edgeKernel: { ...filledParameter([3, 3, 1, 2 * channels], 0), kernel: true } }),
            bias: filledParameter([2 * channels], 0),
            logScale: filledParameter([2 * channels], 0),
            ...(classes > 0 && {
              classKernel: filledParameter([classes, ...classGrid, 2 * channels], 0),
              classLogScale: filledParameter([2 * channels], 0),
            }),
          }
        : {},
    forward: (z, p, condition) => standardise(z, gaussianOf(p, condition)),
    inverse: (epsilon, p, condition) => unstandardise(epsilon, gaussianOf(p, condition)),
    gaussian: gaussianOf,
    logPriorByClass(z, p) {
      const { mean, logDeviation } = gaussiansOf(p, identity(classes));
      const dimensions = height * width * channels;
      const [means, logDeviations] = [mean, logDeviation].map((each) => reshape(each, [classes, dimensions]));
      const flat = reshape(z, [z.shape[0]!, 1, dimensions]);
      const epsilon = multiply(subtract(flat, means!), exp(negate(logDeviations!)));
      const energy = add(multiply(multiply(epsilon, epsilon), 0.5), logDeviations!);
      return subtract(-0.5 * Math.log(2 * Math.PI) * dimensions, sum(energy, [2]));
    },
  };
}
