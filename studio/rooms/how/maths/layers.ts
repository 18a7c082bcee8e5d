// Properties of single layers and levels: dependencies between values, spectra, series, and shapes.
import { kernelOffsets, type Offset, pixelsRead } from './convolutions.ts';
import { convolved } from './substitution.ts';

/** The factors' distances for n values: 1, 2, 4, … below n. */
export function factorDistances(values: number): number[] {
  return Array.from({ length: Math.ceil(Math.log2(values)) }, (_, index) => 2 ** index);
}

/** The partner of value j in the factor with this distance; undefined if it has none. */
function partner(j: number, distance: number, values: number): number | undefined {
  const candidate = Math.floor(j / distance) % 2 === 0 ? j + distance : j - distance;
  return candidate < values ? candidate : undefined;
}

/** The values that output j depends on after factors with these distances, in ascending order. */
export function mixedInto(j: number, distances: readonly number[], values: number): number[] {
  let reached = new Set([j]);
  // From the output back: the last factor first.
  for (const distance of distances.toReversed()) {
    reached = new Set([...reached].flatMap((index) => [index, partner(index, distance, values) ?? index]));
  }
  return [...reached].sort((a, b) => a - b);
}

/** The circulant matrix with this first row, K[a, b] = c[(b − a) mod C]. */
export function circulantMatrix(first: readonly number[]): number[][] {
  const size = first.length;
  return first.map((_, a) => first.map((__, b) => first[(b - a + size) % size]!));
}

/** The absolute values of a row's discrete Fourier transform, which are its circulant matrix's |eigenvalues|. */
export function eigenvalueSizes(first: readonly number[]): number[] {
  return first.map((_, f) => {
    const turn = (2 * Math.PI * f) / first.length;
    const part = (evaluate: (angle: number) => number): number =>
      first.reduce((sum, value, index) => sum + value * evaluate(turn * index), 0);
    return Math.hypot(part(Math.cos), part(Math.sin));
  });
}

/** The terms Mⁿx / n! of e^M x, from n = 0 to `last`, for the convolution M with a 3x3 kernel, row by row. */
export function exponentialTerms(
  image: readonly number[],
  kernel: readonly number[],
  last: number,
): number[][] {
  const taps = kernel.map((weight, tap) => ({ down: Math.floor(tap / 3) - 1, right: (tap % 3) - 1, weight }));
  const terms = [[...image]];
  for (let n = 1; n <= last; n++) {
    terms.push(convolved(terms.at(-1)!, { taps }).map((value) => value / n));
  }
  return terms;
}

/** The sum of images. */
export function sumImages(images: readonly (readonly number[])[]): number[] {
  return images[0]!.map((_, pixel) => images.reduce((sum, image) => sum + image[pixel]!, 0));
}

/** The unmasked taps: those after the centre in pixel order, in the last convolution with the centre. */
function laterTaps(withCentre: boolean): Offset[] {
  return kernelOffsets('ordinary', 3).filter(
    ([down, right]) => down > 0 || (down === 0 && (right > 0 || (withCentre && right === 0))),
  );
}

/** The pixels that a pixel's scale and shift depend on through two masked 3x3 convolutions. */
export function dependsOn(pixel: number, size: number): number[] {
  const location: Offset = [Math.floor(pixel / size), pixel % size];
  return [...pixelsRead(location, [laterTaps(false), laterTaps(true)], size, size).keys()];
}

/** The inverse's iteration that settles each pixel: after all of its dependencies, or the first. */
export function settledIn(size: number): number[] {
  const iterations = Array<number>(size * size).fill(0);
  for (let pixel = size * size - 1; pixel >= 0; pixel--) {
    iterations[pixel] =
      1 + Math.max(0, ...dependsOn(pixel, size).map((dependency) => iterations[dependency]!));
  }
  return iterations;
}

/** Height, width and channels. */
export type Shape = readonly [height: number, width: number, channels: number];

/** One level: flow steps at one resolution, then a split. */
interface Level {
  /** The level's input. */
  readonly before: Shape;
  /** The shape after the squeeze. */
  readonly shape: Shape;
  /** The latents split off: half of the channels, or everything at the top. */
  readonly latent: Shape;
  /** Sequential steps to invert the level's emerging convolutions: two corners per flow step. */
  readonly inverseSteps: number;
}

/** The levels of a model of `depth` flow steps each; every level halves both sides. */
export function listLevels(image: Shape, levels: number, depth: number): Level[] {
  const modelLevels: Level[] = [];
  let before = image;
  for (let level = 0; level < levels; level++) {
    const [height, width, channels] = before;
    const shape: Shape = [height / 2, width / 2, 4 * channels];
    const isTop = level === levels - 1;
    const latent: Shape = isTop ? shape : [shape[0], shape[1], shape[2] / 2];
    modelLevels.push({ before, shape, latent, inverseSteps: depth * 2 * (shape[0] + shape[1] - 1) });
    before = latent;
  }
  return modelLevels;
}
