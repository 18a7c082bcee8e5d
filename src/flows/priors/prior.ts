// The priors: of the half of the channels that a split factors out, and of the remainder at the top.
import { UserError } from '../../core/errors.ts';
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
import { CLASSES, type Condition, type ConditionShapes, declared } from '../contract/condition.ts';
import { filledParameter, type ParameterSpecs, type Parameters, prefixed } from '../contract/parameters.ts';
import { besideContext, type ContextFor } from '../coupling/parts.ts';
import {
  type ImageBoundary,
  scaledConvolution,
  scaledConvolutionParameters,
} from '../layers/scaledConvolution.ts';
import { type BaseDistribution, gaussian } from './baseDistribution.ts';

/** How latents ε become values: z = location + ε·e^logScale. */
export interface Scaling {
  /** Where the distribution of z is: its mean, if the prior is Gaussian. */
  readonly location: Tensor;
  /** How wide it is: the logarithm of its deviation, if the prior is Gaussian. */
  readonly logScale: Tensor;
}

/** Latents, and their log-density under a prior. */
export interface Standardised {
  /** The latents ε, which follow the base distribution under the prior. */
  readonly epsilon: Tensor;
  /** The log-density of z, `[N]`. */
  readonly logPrior: Tensor;
  /** The share of every pixel in it, `[N, H, W]`. */
  readonly logPriorMap: Tensor;
}

/**
 * ε = (z − location)·e^(−logScale), and ln p(z) = Σ(−energy(ε) − logNormaliser − logScale) per image.
 *
 * @param p the parameters of the base distribution
 */
function standardise(
  z: Tensor,
  scaling: Scaling | undefined,
  base: BaseDistribution,
  p: Parameters,
): Standardised {
  const [, height, width, channels] = z.shape as [number, number, number, number];
  const { logNormaliser = 0 } = base;
  const densities = (energy: Tensor) => ({
    logPrior: subtract(-logNormaliser * height * width * channels, sumPerImage(energy)),
    logPriorMap: subtract(-logNormaliser * channels, sum(energy, [3])),
  });
  if (!scaling) {
    return { epsilon: z, ...densities(base.energy(z, p)) };
  }
  const { location, logScale } = scaling;
  const epsilon = multiply(subtract(z, location), exp(negate(logScale)));
  return { epsilon, ...densities(add(base.energy(epsilon, p), logScale)) };
}

/** z = location + ε·e^logScale. */
function unstandardise(epsilon: Tensor, scaling: Scaling | undefined): Tensor {
  return scaling ? add(multiply(epsilon, exp(scaling.logScale)), scaling.location) : epsilon;
}

/** The path to a base distribution's parameters within its prior's. */
export const BASE = 'base';

function baseParameters(base: BaseDistribution, shape: ImageShape): ParameterSpecs {
  return prefixed(BASE, base.parameters?.(shape) ?? {});
}

/** The half that a split keeps, and the latent of the other. */
interface SplitResult extends Standardised {
  /** The half that is kept, `[N, H, W, C/2]`. */
  readonly y: Tensor;
}

/** Factors out half of the channels as a latent and keeps the rest. */
export interface Split {
  /** Its parameters; empty if the prior is not learned. */
  readonly parameters: ParameterSpecs;
  /** The conditions that the prior depends on, by name; by default none. */
  readonly conditions?: ConditionShapes;
  /** The shape of the half that is kept. */
  readonly keptShape: ImageShape;
  /** The shape of the latent of one image. */
  readonly latentShape: ImageShape;
  /** The distribution of the latents; its parameters are below `base/`. */
  readonly base: BaseDistribution;
  /** y is the half that is kept; the other half is standardised. */
  forward(x: Tensor, p: Parameters, condition?: Condition): SplitResult;
  /** The images with these kept halves and latents: the inverse of `forward`. */
  inverse(y: Tensor, epsilon: Tensor, p: Parameters, condition?: Condition): Tensor;
  /** How latents become the half that is factored out, given the half that is kept. */
  scaling(keptLatents: Tensor, p: Parameters, condition?: Condition): Scaling | undefined;
}

/** The options of a split. */
export interface SplitOptions {
  /** Whether location and scale are learned, the default; 0 and 1 otherwise. */
  readonly learnedPrior?: boolean;
  /** The distribution of the latents; default standard normal. */
  readonly base?: BaseDistribution | undefined;
  /** What the convolutions of learned priors see outside an image; default `zero`. */
  readonly boundary?: ImageBoundary;
  /** Additional input of learned priors, from the condition; by default nothing. */
  readonly context?: ContextFor | undefined;
}

/**
 * A split: the second half of the channels is factored out as a latent whose location and scale depend on the first half, by
 * a scaled convolution (location: even channels, log-scale: odd), or are 0 and 1 if the prior is not learned.
 */
export function split(
  shape: ImageShape,
  { learnedPrior = true, base = gaussian, boundary = 'zero', context: contextFor }: SplitOptions = {},
): Split {
  const [height, width, channels] = shape;
  if (channels % 2 !== 0) {
    throw new UserError('invalid-argument', `split: the number of channels must be even, not ${channels}`);
  }
  const half = channels / 2;
  const halfShape: ImageShape = [height, width, half];
  const context = learnedPrior ? contextFor?.([height, width]) : undefined;
  const scaling = (keptLatents: Tensor, p: Parameters, condition: Condition = {}): Scaling | undefined => {
    if (!learnedPrior) {
      return undefined;
    }
    const seen = context
      ? besideContext(keptLatents, context.forward(p.at('context'), condition))
      : keptLatents;
    const numbers = scaledConvolution(seen, p, { boundary, channels: half });
    const [location, logScale] = splitChannels(numbers, 3, [half, half]);
    return { location, logScale };
  };
  return {
    parameters: {
      ...(learnedPrior &&
        scaledConvolutionParameters(half + (context?.channels ?? 0), channels, boundary, half)),
      ...(context && prefixed('context', context.parameters)),
      ...baseParameters(base, halfShape),
    },
    ...declared(context?.conditions ?? {}),
    keptShape: halfShape,
    latentShape: halfShape,
    base,
    forward(x, p, condition) {
      const [y, z] = splitChannels(x, 3, [half, half]);
      return { y, ...standardise(z, scaling(y, p, condition), base, p.at(BASE)) };
    },
    inverse: (y, epsilon, p, condition) =>
      concatenate([y, unstandardise(epsilon, scaling(y, p, condition))], 3),
    scaling,
  };
}

/** The prior of the remainder at the top of a model. */
export interface TopPrior {
  /** Its parameters; empty if it is not learned. */
  readonly parameters: ParameterSpecs;
  /** The conditions that it depends on, by name; by default none. */
  readonly conditions?: ConditionShapes;
  /** The shape of the latent of one image. */
  readonly latentShape: ImageShape;
  /** The distribution of the latents; its parameters are below `base/`. */
  readonly base: BaseDistribution;
  /** The latents of the remainder z, and its log-density. */
  forward(z: Tensor, p: Parameters, condition?: Condition): Standardised;
  /** The remainder with these latents: the inverse of `forward`. */
  inverse(epsilon: Tensor, p: Parameters, condition?: Condition): Tensor;
  /** How latents become the remainder: `[H, W, C]`, or with a condition `[N, H, W, C]`. */
  scaling(p: Parameters, condition?: Condition): Scaling | undefined;
  /** The log-density of z under each class, `[N, K]`; only for a prior that depends on classes. */
  logPriorByClass?(z: Tensor, p: Parameters, condition?: Condition): Tensor;
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
 * The top prior: a location and a scale per pixel and channel, computed from the edge channel, a bias and a scale (the
 * scaled convolution of an image of zeros), location in the first half of its channels and log-scale in the second; 0 and 1
 * if it is not learned.
 *
 * With K classes it depends on the class c of the image: (location, log-scale) + c·V·e^(3s)/10, with c one-hot, `[N, K]`, V
 * `[K, H, W, 2C]` and s `[2C]`, all zero at first, so that a model starts like one without classes. In Glow V is
 * `[K, 2C]`, the same for all pixels, and a classifier that is trained along makes the model use it; with an offset for
 * each pixel the likelihood suffices.
 *
 * With a context the scaled convolution takes the context instead of an image of zeros.
 *
 * On a torus all pixels are equivalent: the edge channel is left out, and V is `[K, 1, 1, 2C]`.
 */
export function topPrior(
  shape: ImageShape,
  {
    learnedPrior = true,
    base = gaussian,
    boundary = 'zero',
    classes = 0,
    context: contextFor,
  }: TopPriorOptions = {},
): TopPrior {
  const [height, width, channels] = shape;
  if (classes > 0 && !learnedPrior) {
    throw new UserError('invalid-argument', 'a top prior that is not learned cannot depend on classes');
  }
  const context = learnedPrior ? contextFor?.([height, width]) : undefined;
  const hasEdge = boundary === 'zero';
  const classGrid = hasEdge ? [height, width] : [1, 1];
  const edgeMap = (p: Parameters): Tensor => {
    const edge = reshape(p.get('edgeKernel'), [9, 2 * channels]);
    return edgeResponse(height, width, edge, squareOffsets(3));
  };
  /** The part that all classes share: `[H, W, 2C]`, or `[N, H, W, 2C]` with a context. */
  const shared = (p: Parameters, condition: Condition): Tensor => {
    if (context) {
      return scaledConvolution(context.forward(p.at('context'), condition), p, { boundary });
    }
    const response = hasEdge
      ? add(edgeMap(p), p.get('bias'))
      : expand(p.get('bias'), [height, width, 2 * channels]);
    return multiply(response, exp(multiply(p.get('logScale'), 3)));
  };
  /** The part that depends on the classes, one-hot `[M, K]`, and is added: `[M, H, W, 2C]`. */
  const classOffsets = (p: Parameters, oneHot: Tensor): Tensor => {
    const scale = exp(multiply(p.get('classLogScale'), 3));
    const [rows, columns] = classGrid as [number, number];
    const kernel = reshape(p.get('classKernel'), [classes, rows * columns * 2 * channels]);
    const offset = reshape(product(oneHot, kernel), [oneHot.shape[0]!, rows, columns, 2 * channels]);
    return multiply(offset, multiply(scale, CLASS_SHARE));
  };
  const halves = (numbers: Tensor): Scaling => {
    const [location, logScale] = splitChannels(numbers, numbers.rank - 1, [channels, channels]);
    return { location, logScale };
  };
  const scaling = (p: Parameters, condition: Condition = {}): Scaling | undefined => {
    if (!learnedPrior) {
      return undefined;
    }
    const numbers = shared(p, condition);
    return halves(classes > 0 ? add(classOffsets(p, condition[CLASSES]!), numbers) : numbers);
  };
  const contextParameters = context && {
    ...scaledConvolutionParameters(context.channels, 2 * channels, boundary),
    ...prefixed('context', context.parameters),
  };
  return {
    latentShape: shape,
    base,
    parameters: {
      ...(learnedPrior &&
        (contextParameters ?? {
          ...(hasEdge && { edgeKernel: { ...filledParameter([3, 3, 1, 2 * channels], 0), kernel: true } }),
          bias: filledParameter([2 * channels], 0),
          logScale: filledParameter([2 * channels], 0),
        })),
      ...(classes > 0 && {
        classKernel: filledParameter([classes, ...classGrid, 2 * channels], 0),
        classLogScale: filledParameter([2 * channels], 0),
      }),
      ...baseParameters(base, shape),
    },
    ...declared({ ...(classes > 0 && { [CLASSES]: [classes] }), ...context?.conditions }),
    forward: (z, p, condition) => standardise(z, scaling(p, condition), base, p.at(BASE)),
    inverse: (epsilon, p, condition) => unstandardise(epsilon, scaling(p, condition)),
    scaling,
    ...(classes > 0 && {
      logPriorByClass(z: Tensor, p: Parameters, condition: Condition = {}) {
        const [images] = z.shape as [number];
        const common = shared(p, condition);
        const numbers = add(
          classOffsets(p, identity(classes)),
          common.rank === 4 ? reshape(common, [common.shape[0]!, 1, ...common.shape.slice(1)]) : common,
        );
        const { location, logScale } = halves(numbers);
        const centred = subtract(reshape(z, [images, 1, ...shape]), location);
        const epsilon = multiply(centred, exp(negate(logScale)));
        const energy = base.energy(reshape(epsilon, [images * classes, ...shape]), p.at(BASE));
        const { logNormaliser = 0 } = base;
        return subtract(
          -logNormaliser * height * width * channels,
          sum(add(reshape(energy, epsilon.shape), logScale), [2, 3, 4]),
        );
      },
    }),
  };
}
