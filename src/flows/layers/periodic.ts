// The periodic convolution: circular over the image, so that each spatial frequency has its own matrix.

import { UserError } from '../../core/errors.ts';
import { countElements, type ImageShape, randomOrthogonal } from '../../core/numeric/index.ts';
import { constant, type Tensor } from '../../tensor/index.ts';
import {
  add,
  complexInverse,
  complexLogAbsDet,
  concatenate,
  convolution,
  multiply,
  negate,
  type Offset,
  product,
  reshape,
  split,
  squareOffsets,
  stackedProduct,
  subtract,
  sum,
  transpose,
} from '../../tensor/operations/index.ts';
import type { Bijection } from '../contract/bijection.ts';
import { defineMixing } from '../contract/mixing.ts';
import { filledParameter } from '../contract/parameters.ts';
import { kernelMisfit } from './kernels.ts';
import { kernelSizeOption } from './sharedOptions.ts';

/**
 * A periodic convolution, circular with a k x k kernel, plus a bias. In the frequency domain it is one
 * complex C x C matrix per frequency, so ln|det| = Σ over the H·W frequencies of ln|det Ŵ|, and its inverse
 * multiplies each frequency by Ŵ⁻¹.
 *
 * Works for any odd k and any H and W; a kernel wider than the image wraps around it. Source: Hoogeboom et
 * al., Emerging Convolutions (2019).
 */
export function periodic(shape: ImageShape, { kernelSize = 3 }: { kernelSize?: number } = {}): Bijection {
  if (!Number.isInteger(kernelSize) || kernelSize < 1 || kernelSize % 2 === 0) {
    throw new UserError('invalid-argument', `periodic: the kernel size must be odd, not ${kernelSize}`);
  }
  const [height, width, channels] = shape;
  const centre = (kernelSize - 1) / 2;
  const offsets = squareOffsets(kernelSize);
  const spectrum = halfSpectrum(height, width);
  const kernelShape = [kernelSize, kernelSize, channels, channels];
  return {
    name: 'periodic',
    inputShape: shape,
    outputShape: shape,
    parameters: {
      kernel: {
        shape: kernelShape,
        trained: true,
        initial(random) {
          const orthogonal = randomOrthogonal(random, channels);
          const values = random.normals(countElements(kernelShape)).map((value) => value * 0.02);
          const start = (centre * kernelSize + centre) * channels * channels;
          orthogonal.forEach((value, index) => {
            values[start + index]! += value;
          });
          return values;
        },
      },
      bias: filledParameter([channels], 0),
    },
    forward(x, p) {
      const kernel = p.get('kernel');
      const taps = reshape(kernel, [offsets.length, channels, channels]);
      const y = convolution(x, taps, { offsets, boundary: 'wrap' });
      const perFrequency = complexLogAbsDet(frequencyMatrices(kernel, offsets, spectrum));
      const counts = constant({
        shape: [spectrum.length],
        data: Float64Array.from(spectrum, ({ count }) => count),
      });
      return { y: add(y, p.get('bias')), logDet: sum(multiply(perFrequency, counts)) };
    },
    inverse(y, p) {
      const solved = onRows(complexInverse(frequencyMatrices(p.get('kernel'), offsets, spectrum)));
      return fromFrequencies(
        stackedProduct(toFrequencies(subtract(y, p.get('bias')), spectrum), solved),
        shape,
        spectrum,
      );
    },
    factors: (p) => ({ frequencies: onRows(frequencyMatrices(p.get('kernel'), offsets, spectrum)) }),
  };
}

/** A spatial frequency: its phase at a pixel, and how many of all frequencies it represents. */
interface Frequency {
  phase(row: number, column: number): number;
  /** 2, or 1 if it is its own complex conjugate; the conjugate is left out. */
  count: number;
}

/** The frequencies of a real image, one from each conjugate pair. */
function halfSpectrum(height: number, width: number): Frequency[] {
  const frequencies: Frequency[] = [];
  for (let u = 0; u < height; u++) {
    for (let v = 0; v < width; v++) {
      const mirror = { u: (height - u) % height, v: (width - v) % width };
      const isMirror = mirror.v === v ? mirror.u < u : mirror.v < v;
      if (!isMirror) {
        frequencies.push({
          // Products modulo the side first: large arguments would cost the cosine its last digits.
          phase: (row, column) =>
            2 * Math.PI * (((u * row) % height) / height + ((v * column) % width) / width),
          count: mirror.u === u && mirror.v === v ? 1 : 2,
        });
      }
    }
  }
  return frequencies;
}

/**
 * The matrix of each frequency, Σ over taps of Kₜ·e^iφ: the real parts, then the imaginary parts,
 * `[2, F, C, C]`.
 */
function frequencyMatrices(
  kernel: Tensor,
  offsets: readonly Offset[],
  spectrum: readonly Frequency[],
): Tensor {
  const [, , channels] = kernel.shape as [number, number, number, number];
  const taps = reshape(kernel, [offsets.length, channels * channels]);
  const data = Float64Array.from(
    [Math.cos, Math.sin].flatMap((part) =>
      spectrum.flatMap(({ phase }) => offsets.map(([row, column]) => part(phase(row, column)))),
    ),
  );
  const table = constant({ shape: [2 * spectrum.length, offsets.length], data });
  return reshape(product(table, taps), [2, spectrum.length, channels, channels]);
}

/**
 * Complex matrices A + iB, `[2, F, C, C]`, as the real `[[A, B], [−B, A]]` that act on rows `[Re, Im]`:
 * `[F, 2C, 2C]`.
 */
function onRows(matrices: Tensor): Tensor {
  const [, ...shape] = matrices.shape;
  const [real, imaginary] = split(matrices, 0, [1, 1]);
  const [a, b] = [reshape(real, shape), reshape(imaginary, shape)];
  return concatenate([concatenate([a, b], 2), concatenate([negate(b), a], 2)], 1);
}

/**
 * The discrete Fourier transform of images `[N, H, W, C]`, as rows `[Re, Im]` per frequency: `[F, N, 2C]`.
 */
function toFrequencies(x: Tensor, spectrum: readonly Frequency[]): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const pixels = transpose(reshape(x, [batch, height * width, channels]), [1, 0, 2]);
  const table = fourierTable(height, width, spectrum, (phase) => [Math.cos(phase), -Math.sin(phase)]);
  const frequencies = product(table, reshape(pixels, [height * width, batch * channels]));
  const parts = reshape(frequencies, [spectrum.length, 2, batch, channels]);
  return reshape(transpose(parts, [0, 2, 1, 3]), [spectrum.length, batch, 2 * channels]);
}

/** The images `[N, H, W, C]` back from `toFrequencies`. */
function fromFrequencies(
  frequencies: Tensor,
  [height, width, channels]: ImageShape,
  spectrum: readonly Frequency[],
): Tensor {
  const batch = frequencies.shape[1]!;
  const parts = transpose(reshape(frequencies, [spectrum.length, batch, 2, channels]), [0, 2, 1, 3]);
  const table = fourierTable(height, width, spectrum, (phase, count) => [
    (count * Math.cos(phase)) / (height * width),
    (-count * Math.sin(phase)) / (height * width),
  ]);
  const rows = reshape(parts, [2 * spectrum.length, batch * channels]);
  const pixels = reshape(product(table, rows, { transposeA: true }), [height * width, batch, channels]);
  return reshape(transpose(pixels, [1, 0, 2]), [batch, height, width, channels]);
}

/** The factors of the real and imaginary part of each frequency at each pixel, `[2F, H·W]`. */
function fourierTable(
  height: number,
  width: number,
  spectrum: readonly Frequency[],
  parts: (phase: number, count: number) => [number, number],
): Tensor {
  const area = height * width;
  const data = new Float64Array(2 * spectrum.length * area);
  spectrum.forEach(({ phase, count }, index) => {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [re, im] = parts(phase(row, column), count);
        const pixel = row * width + column;
        data[2 * index * area + pixel] = re;
        data[(2 * index + 1) * area + pixel] = im;
      }
    }
  });
  return constant({ shape: [2 * spectrum.length, area], data });
}

/** The mixing of a periodic convolution. */
export const periodicMixing = defineMixing({
  name: 'periodic',
  summary: 'A periodic convolution.',
  inverse: 'frequencies',
  options: { kernelSize: kernelSizeOption },
  build: (shape, options) => ({ periodic: periodic(shape, options) }),
  misfit: kernelMisfit,
});
