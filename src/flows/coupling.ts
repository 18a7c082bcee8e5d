// The coupling layer, affine or additive, and the network inside it.
import type { ImageShape } from '../numeric/imageShape.ts';
import {
  add,
  concatenate,
  divide,
  log,
  logSigmoid,
  multiply,
  pointwise,
  relu,
  remember,
  reshape,
  sigmoid,
  split,
  subtract,
  sum,
  sumPerImage,
  transpose,
} from '../tensor/operations/index.ts';
import { constant, type Tensor } from '../tensor/tensor.ts';
import { actnormParameters, normalised } from './actnorm.ts';
import type { Bijection } from './bijection.ts';
import { normalParameter, type ParameterSpecs, type Parameters, prefixed } from './parameters.ts';
import { MOST_BINS, numbersOf, splinesOf } from './rationalQuadraticSpline.ts';
import {
  edgeConvolution,
  pairedScaledConvolution,
  scaledConvolution,
  scaledConvolutionParameters,
} from './scaledConvolution.ts';

/** How a coupling transforms the second half: by scale and shift, by a shift alone, or by a spline for each value. */
export type CouplingKind = 'affine' | 'additive' | 'spline';

/** The options of a coupling. */
export interface CouplingOptions {
  /** Hidden channels of its network. */
  readonly width: number;
  /** Default: affine. */
  readonly coupling?: CouplingKind;
  /** A lower bound on the scale of an affine coupling, from 0 (none, the default) to below 1. */
  readonly scaleFloor?: number;
  /** The bins of a spline, 2 to 512; default 8. */
  readonly bins?: number;
  /** A spline is on [−bound, bound], and the identity outside; default 4. */
  readonly bound?: number;
  /** Images `[N, H, W, K]` that the network sees beside the first half, as the condition of a conditional flow. */
  readonly given?: Tensor;
}

/**
 * A coupling: the first half a of the channels stays unchanged and determines how the second, b, is
 * transformed.
 *
 * Affine: (b + shift)·sigmoid(t + 2), where shift and t are the even and odd channels of a network of a;
 * ln|det| = Σ ln sigmoid(t + 2). Additive: b + network(a); ln|det| = 0. Spline: each value of b through a monotonic
 * rational-quadratic spline whose numbers are in the network of a; ln|det| = Σ ln y'.
 *
 * With a floor f the affine scale is f + (1 − f)·sigmoid(t + 2), and ln|det| the sum of its logarithms: the
 * inverse amplifies rounding by at most 1/f.
 *
 * Where images are given, "network of a" means: of a and the given images, side by side.
 * Sources: Dinh et al., NICE (2015) and Real NVP (2017), in Glow's form; Durkan et al., Neural Spline Flows (2019).
 */
export function coupling(
  shape: ImageShape,
  { width, coupling: kind = 'affine', scaleFloor = 0, bins = 8, bound = 4, given }: CouplingOptions,
): Bijection {
  const channels = shape[2];
  const kept = Math.floor(channels / 2);
  const changed = channels - kept;
  if (kept === 0) {
    throw new Error('coupling: needs at least 2 channels');
  }
  if (!(scaleFloor >= 0 && scaleFloor < 1)) {
    throw new Error(`coupling: scaleFloor must be at least 0 and below 1, not ${scaleFloor}`);
  }
  if (scaleFloor > 0 && kind !== 'affine') {
    throw new Error(
      `coupling: only an affine coupling has a scale, and takes a scaleFloor; this one is ${kind}`,
    );
  }
  if (!Number.isInteger(bins) || bins < 2 || bins > MOST_BINS) {
    throw new Error(`coupling: bins must be a whole number from 2 to ${MOST_BINS}, not ${bins}`);
  }
  if (!(bound > 0 && bound < Number.POSITIVE_INFINITY)) {
    throw new Error(`coupling: bound must be a number above 0, not ${bound}`);
  }
  const seen = kept + (given?.shape[3] ?? 0);
  const network = (a: Tensor, p: Parameters, last: typeof scaledConvolution): Tensor =>
    networkOf(given ? concatenate([a, given], 3) : a, p, last);
  const halves = (x: Tensor) => split(x, 3, [kept, changed]) as [Tensor, Tensor];
  const common = { name: 'coupling', inputShape: shape, outputShape: shape };
  if (kind === 'additive') {
    const shift = (a: Tensor, p: Parameters) => network(a, p, scaledConvolution);
    return {
      ...common,
      parameters: couplingNetworkParameters(seen, width, changed),
      forward(x, p) {
        const [a, b] = halves(x);
        return { y: concatenate([a, add(b, shift(a, p))], 3), logDet: constant(0) };
      },
      inverse(y, p) {
        const [a, b] = halves(y);
        return concatenate([a, subtract(b, shift(a, p))], 3);
      },
    };
  }
  if (kind === 'spline') {
    const form = { bins, bound };
    const count = numbersOf(form);
    const valuesIn = ({ shape: axes }: Tensor): number => axes.reduce((all, one) => all * one, 1);
    const flat = (b: Tensor): Tensor => reshape(b, [valuesIn(b)]);
    const splines = (a: Tensor, b: Tensor, p: Parameters) =>
      splinesOf(transpose(reshape(network(a, p, scaledConvolution), [valuesIn(b), count])), form);
    return {
      ...common,
      parameters: couplingNetworkParameters(seen, width, count * changed),
      forward(x, p) {
        const [a, b] = halves(x);
        const { y, logDerivative } = splines(a, b, p).forward(flat(b));
        const logDet = reshape(logDerivative, b.shape);
        return {
          y: concatenate([a, reshape(y, b.shape)], 3),
          logDet: sumPerImage(logDet),
          logDetMap: sum(logDet, [3]),
        };
      },
      inverse(y, p) {
        const [a, b] = halves(y);
        return concatenate([a, reshape(splines(a, b, p).inverse(flat(b)), b.shape)], 3);
      },
    };
  }
  const shiftAndScale = (a: Tensor, p: Parameters) => {
    const pairs = network(a, p, pairedScaledConvolution);
    const [shift, t] = split(pairs, 3, [changed, changed]) as [Tensor, Tensor];
    const raw = add(t, 2);
    if (scaleFloor === 0) {
      return { shift, scale: sigmoid(raw), logScale: logSigmoid(raw) };
    }
    const scale = add(multiply(sigmoid(raw), 1 - scaleFloor), scaleFloor);
    return { shift, scale, logScale: log(scale) };
  };
  return {
    ...common,
    parameters: couplingNetworkParameters(seen, width, 2 * changed),
    forward(x, p) {
      const [a, b] = halves(x);
      const { shift, scale, logScale } = shiftAndScale(a, p);
      const y = multiply(add(b, shift), scale);
      return {
        y: concatenate([a, y], 3),
        logDet: sumPerImage(logScale),
        logDetMap: sum(logScale, [3]),
      };
    },
    inverse(y, p) {
      const [a, b] = halves(y);
      const { shift, scale } = shiftAndScale(a, p);
      return concatenate([a, subtract(divide(b, scale), shift)], 3);
    },
  };
}

function couplingNetworkParameters(channels: number, width: number, outputs: number): ParameterSpecs {
  const parameters: ParameterSpecs = {
    'conv1/kernel': normalParameter([3, 3, channels + 1, width], 0.05),
    ...prefixed('conv1', actnormParameters(width)),
    'conv2/kernel': normalParameter([1, 1, width, width], 0.05),
    ...prefixed('conv2', actnormParameters(width)),
    ...prefixed('conv3', scaledConvolutionParameters(width, outputs)),
  };
  return Object.fromEntries(
    Object.entries(parameters).map(([path, spec]) => [path, { ...spec, decays: path.endsWith('/kernel') }]),
  );
}

/** The network: 3x3 convolution, actnorm, ReLU; 1x1 convolution, actnorm, ReLU; scaled 3x3 convolution. */
function networkOf(a: Tensor, p: Parameters, last: typeof scaledConvolution): Tensor {
  const first = edgeConvolution(a, p.get('conv1/kernel'));
  const hidden = relu(normalised(first, p.at('conv1')).y);
  const kernel = p.get('conv2/kernel');
  const second = pointwise(hidden, reshape(kernel, kernel.shape.slice(2)));
  return remember(last(relu(normalised(second, p.at('conv2')).y), p.at('conv3')));
}
