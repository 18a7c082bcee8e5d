// Channels mixed by circulant and diagonal matrices in turn.

import { UserError } from '../../core/errors.ts';
import { type ImageShape, once } from '../../core/numeric/index.ts';
import { option, wholeNumber } from '../../core/parts/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  concatenate,
  divide,
  log,
  logAbs,
  multiply,
  negate,
  pointwise,
  product,
  reshape,
  subtract,
  sum,
  toeplitz,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing } from '../contract/mixing.ts';
import { filledParameter, type ParameterSpec, type Parameters } from '../contract/parameters.ts';

/** The options of a circulant mixing. */
export interface CirculantOptions {
  /** How many diagonal matrices there are, with a circulant one between two; default 2. */
  readonly diagonals?: number;
}

/**
 * Channels mixed by y = x·D₀·K₀·D₁·…·D₍ₘ₋₁₎ + bias for every pixel, D = diag(d) and K circulant, K[a, b] = c[(b − a) mod C].
 *
 * A circulant matrix is diagonal in the frequency domain, so with ĉ the discrete Fourier transform of c,
 * ln|det| = H·W·(Σ ln|d| + Σ ln|ĉ|), and the first row of K⁻¹ is the transform of 1/ĉ back.
 * Initialised with signs d and with c near the first unit vector. Source: Feng and Liao, CDFlow (2025).
 *
 * @throws if the number of diagonals is not a whole number of 1 or more
 */
export function circulant(shape: ImageShape, { diagonals = 2 }: CirculantOptions = {}): Bijection {
  if (!Number.isInteger(diagonals) || diagonals < 1) {
    throw new UserError(
      'invalid-argument',
      `circulant: the number of diagonals must be 1 or more, not ${diagonals}`,
    );
  }
  const [height, width, channels] = shape;
  const fourier = once(() => fourierTables(channels));
  const diagonalNames = Array.from({ length: diagonals }, (_, index) => `diagonal${index}`);
  const circulantNames = diagonalNames.slice(1).map((_, index) => `circulant${index}`);
  const parameterSpectrum = (p: Parameters, name: string) => spectrum(p.get(name), fourier());
  return {
    name: 'circulant',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      ...Object.fromEntries(diagonalNames.map((name) => [name, signs(channels)])),
      ...Object.fromEntries(circulantNames.map((name) => [name, nearIdentity(channels)])),
      bias: filledParameter([channels], 0),
    },
    forward(x, p) {
      const y = diagonalNames.reduce((image, name, index) => {
        const scaled = multiply(image, p.get(name));
        const next = circulantNames[index];
        return next === undefined ? scaled : pointwise(scaled, circulantMatrix(p.get(next)));
      }, x);
      const logDets = [
        ...diagonalNames.map((name) => sum(logAbs(p.get(name)))),
        ...circulantNames.map((name) => multiply(sum(log(parameterSpectrum(p, name).power)), 0.5)),
      ];
      return { y: add(y, p.get('bias')), logDet: multiply(logDets.reduce(add), height * width) };
    },
    inverse: (y, p) =>
      diagonalNames.reduceRight(
        (image, name, index) => {
          const next = circulantNames[index];
          const unmixed =
            next === undefined
              ? image
              : pointwise(image, circulantMatrix(inverseRow(parameterSpectrum(p, next), fourier())));
          return divide(unmixed, p.get(name));
        },
        subtract(y, p.get('bias')),
      ),
    factors: (p) => ({
      ...Object.fromEntries(diagonalNames.map((name) => [name, p.get(name)])),
      ...Object.fromEntries(circulantNames.map((name) => [name, circulantMatrix(p.get(name))])),
    }),
  };
}

function signs(channels: number): ParameterSpec {
  return {
    shape: [channels],
    trained: true,
    initial: (random) => Float64Array.from({ length: channels }, () => (random.uniform() < 0.5 ? -1 : 1)),
  };
}

function nearIdentity(channels: number): ParameterSpec {
  return {
    shape: [channels],
    trained: true,
    initial(random) {
      const values = random.normals(channels).map((value) => 0.02 * value);
      values[0]! += 1;
      return values;
    },
  };
}

/** K with K[a, b] = c[(b − a) mod C]. */
function circulantMatrix(row: Tensor): Tensor {
  return toeplitz(concatenate([row, row], 0));
}

/** cos and sin of 2π·f·k/C, `[k, f]`. */
interface FourierTables {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

function fourierTables(channels: number): FourierTables {
  const table = (part: (phase: number) => number): Tensor =>
    constant({
      shape: [channels, channels],
      data: Float64Array.from({ length: channels ** 2 }, (_, index) => {
        const [k, f] = [Math.floor(index / channels), index % channels];
        // The product modulo the length first: large arguments would cost the cosine its last digits.
        return part((2 * Math.PI * ((k * f) % channels)) / channels);
      }),
    });
  return { cosine: table(Math.cos), sine: table(Math.sin) };
}

/** ĉ = Σₖ cₖ·e^(−2πi·f·k/C) at all frequencies, as rows. */
interface Spectrum {
  readonly real: Tensor;
  readonly imaginary: Tensor;
  /** |ĉ|². */
  readonly power: Tensor;
}

function spectrum(row: Tensor, { cosine, sine }: FourierTables): Spectrum {
  const asRow = reshape(row, [1, row.shape[0]!]);
  const [real, imaginary] = [product(asRow, cosine), negate(product(asRow, sine))];
  return { real, imaginary, power: add(multiply(real, real), multiply(imaginary, imaginary)) };
}

/** The first row of the inverse: 1/ĉ = (Re ĉ − i·Im ĉ)/|ĉ|², transformed back, which is real. */
function inverseRow({ real, imaginary, power }: Spectrum, { cosine, sine }: FourierTables): Tensor {
  const channels = real.shape[1]!;
  const [re, im] = [divide(real, power), negate(divide(imaginary, power))];
  const row = subtract(product(re, cosine), product(im, sine));
  return reshape(divide(row, channels), [channels]);
}

/** The mixing of circulant and diagonal matrices. */
export const circulantMixing = defineMixing({
  name: 'circulant',
  text: 'circulant and diagonal',
  summary: 'Circulant and diagonal matrices over the channels, in turn.',
  inverse: 'frequencies',
  options: {
    diagonals: option(
      'Number of diagonal matrices, with a circulant one between two.',
      wholeNumber(1, 16),
      2,
    ),
  },
  build: (shape, options) => ({ circulant: circulant(shape, options) }),
});
