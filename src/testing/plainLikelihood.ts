// bits/dim of one image, and where they arise in it, written with plain loops over numbers: the reference that a
// model's graph is checked against. It uses none of the code under test; its models mix by 1x1 or emerging convolutions, affine, with
// learned priors.

import { determinant, Matrix } from 'ml-matrix';
import { type PartChoice, partName, partOptions } from '../core/parts/index.ts';

/** The parameters of a model by path, as checkpoints name them. */
export type PlainParameters = Readonly<Record<string, { readonly data: ArrayLike<number> }>>;

/** The model options that are needed. */
export interface PlainModel {
  readonly levels: number;
  readonly depth: number;
  /** With the options of its kernel, if it is `emerging`. */
  readonly mixing: PartChoice;
  readonly bits?: number | undefined;
  /** Default: zero. */
  readonly boundary?: string | undefined;
}

/** An image as rows of columns of channels. */
type Pixels = number[][][];

/** The numbers of a parameter, by its path relative to a layer's place. */
type Get = (name: string) => ArrayLike<number>;

/** −ln p(image)/(D·ln 2) for one draw of the noise; 8-bit image and noise as `[H, W, C]`, row-major. */
export function plainBitsPerDim(
  image: ArrayLike<number>,
  noise: ArrayLike<number>,
  shape: readonly [number, number, number],
  model: PlainModel,
  parameters: PlainParameters,
): number {
  const bits = sum(plainBitsMap(image, noise, shape, model, parameters).flat());
  return bits / (shape[0] * shape[1] * shape[2]);
}

/** −log2 p(image) for one draw of the noise, divided among the pixels; rows of columns. */
export function plainBitsMap(
  image: ArrayLike<number>,
  noise: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  model: PlainModel,
  parameters: PlainParameters,
): number[][] {
  const nats = range(height).map(() => range(width).map(() => -channels * (model.bits ?? 8) * Math.LN2));
  /** Adds a log-density that arises at a pixel of an image of this size, to each pixel of its block. */
  const addDensity = (x: Pixels, row: number, column: number, logDensity: number): void => {
    const side = height / x.length;
    for (const r of range(side)) {
      for (const c of range(side)) {
        nats[row * side + r]![column * side + c]! += logDensity / side ** 2;
      }
    }
  };
  const { bits = 8 } = model;
  const steps = 2 ** bits;
  let x = grid(height, width, (row, column) =>
    Array.from({ length: channels }, (_, channel) => {
      const index = (row * width + column) * channels + channel;
      return (Math.floor(image[index]! / 2 ** (8 - bits)) + noise[index]!) / steps - 0.5;
    }),
  );
  for (let level = 0; level < model.levels; level++) {
    x = squeeze(x);
    for (let step = 0; step < model.depth; step++) {
      const get: Get = (name) => parameters[`levels/${level}/steps/${step}/${name}`]!.data;
      for (const layer of [actnorm, mixing, coupling]) {
        const { y, logDets } = layer(x, get, model);
        x = y;
        each(y, (_, row, column) => addDensity(y, row, column, logDets(row, column)));
      }
    }
    if (level < model.levels - 1) {
      const keptHalf = map(x, (pixel) => pixel.slice(0, pixel.length / 2));
      const h = scaledConvolution(
        keptHalf,
        (name) => parameters[`levels/${level}/split/${name}`]!.data,
        model,
      );
      each(x, (pixel, row, column) => {
        pixel.slice(pixel.length / 2).forEach((value, i) => {
          const [mean, logDeviation] = [h[row]![column]![2 * i]!, h[row]![column]![2 * i + 1]!];
          addDensity(x, row, column, logNormal(value, mean, logDeviation));
        });
      });
      x = keptHalf;
    }
  }
  const prior: Get = (name) => parameters[`prior/${name === 'kernel' ? 'edgeKernel' : name}`]?.data ?? [];
  const h = scaledConvolution(
    map(x, () => []),
    prior,
    model,
  );
  each(x, (pixel, row, column) => {
    pixel.forEach((value, i) => {
      const [mean, logDeviation] = [h[row]![column]![i]!, h[row]![column]![pixel.length + i]!];
      addDensity(x, row, column, logNormal(value, mean, logDeviation));
    });
  });
  return nats.map((row) => row.map((value) => -value / Math.LN2));
}

interface Result {
  y: Pixels;
  /** The share of a pixel in ln|det|. */
  logDets(row: number, column: number): number;
}

function actnorm(x: Pixels, get: Get): Result {
  const logScales = Array.from(get('actnorm/logScale'));
  return {
    y: map(x, (pixel) => affine(pixel, (name) => get(`actnorm/${name}`))),
    logDets: () => 3 * sum(logScales),
  };
}

function mixing(x: Pixels, get: Get, model: PlainModel): Result {
  const { kernelSize, dilation } = partOptions(model.mixing) as { kernelSize: number; dilation: number };
  const channels = x[0]![0]!.length;
  const weight = get('conv1x1/weight');
  const matrix = Matrix.from1DArray(channels, channels, Array.from(weight));
  let y = map(x, (pixel) => product(pixel, weight, 0, channels));
  let logDet = Math.log(Math.abs(determinant(matrix)));
  if (partName(model.mixing) === 'emerging') {
    const side = (kernelSize + 1) / 2;
    // The first kernel looks right and down from its first tap, the second left and up from its last.
    for (const [name, centre, triangle] of [
      ['emerging/kernel1', 0, (i: number, o: number) => i <= o],
      ['emerging/kernel2', side - 1, (i: number, o: number) => i >= o],
    ] as const) {
      const kernel = get(name);
      const before = y;
      const entry = (tap: number, i: number, o: number): number =>
        kernel[(tap * channels + i) * channels + o]!;
      const centreTap = centre * side + centre;
      y = grid(x.length, x[0]!.length, (row, column) =>
        range(channels).map((o) =>
          sum(
            range(side * side).flatMap((tap) => {
              const down = (Math.floor(tap / side) - centre) * dilation;
              const right = ((tap % side) - centre) * dilation;
              const neighbour = before[row + down]?.[column + right] ?? [];
              return neighbour.map((value, i) =>
                tap !== centreTap || triangle(i, o) ? value * entry(tap, i, o) : 0,
              );
            }),
          ),
        ),
      );
      logDet += sum(range(channels).map((c) => Math.log(Math.abs(entry(centreTap, c, c)))));
    }
    const bias = get('emerging/bias');
    y = map(y, (pixel) => pixel.map((value, c) => value + bias[c]!));
  }
  return { y, logDets: () => logDet };
}

function coupling(x: Pixels, get: Get, model: PlainModel): Result {
  const part =
    (layer: string): Get =>
    (name) =>
      get(`coupling/${layer}/${name}`);
  const relu = (pixel: number[]): number[] => pixel.map((value) => Math.max(0, value));
  const keptHalf = map(x, (pixel) => pixel.slice(0, pixel.length / 2));
  const first = map(scaledConvolution(keptHalf, part('conv1'), model), relu);
  const second = map(first, (pixel) =>
    relu(affine(product(pixel, get('coupling/conv2/kernel'), 0, pixel.length), part('conv2'))),
  );
  const h = scaledConvolution(second, part('conv3'), model);
  const logDets = map(x, () => [0]);
  const y = grid(x.length, x[0]!.length, (row, column) => {
    const half = keptHalf[row]![column]!;
    const changed = x[row]![column]!.slice(half.length).map((value, i) => {
      const scale = 1 / (1 + Math.exp(-(h[row]![column]![2 * i + 1]! + 2)));
      logDets[row]![column]![0]! += Math.log(scale);
      return (value + h[row]![column]![2 * i]!) * scale;
    });
    return [...half, ...changed];
  });
  return { y, logDets: (row, column) => logDets[row]![column]![0]! };
}

/**
 * A 3x3 convolution, a bias and a scale; the last input channel is 1 on the zero padding and 0 inside. On a torus there
 * is no such channel.
 */
function scaledConvolution(x: Pixels, get: Get, { boundary }: PlainModel): Pixels {
  const channels = x[0]![0]!.length;
  const outputs = get('bias').length;
  const kernel = get('kernel');
  const outside = [...new Array<number>(channels).fill(0), 1];
  const pixelAt = (row: number, column: number): number[] => {
    if (boundary === 'periodic') {
      return x.at(row % x.length)!.at(column % x[0]!.length)!;
    }
    const inside = x[row]?.[column];
    return inside ? [...inside, 0] : outside;
  };
  return grid(x.length, x[0]!.length, (row, column) => {
    const taps = range(9).map((tap) => {
      return product(pixelAt(row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1), kernel, tap, outputs);
    });
    return affine(
      range(outputs).map((o) => sum(taps.map((values) => values[o]!))),
      get,
    );
  });
}

function squeeze(x: Pixels): Pixels {
  return grid(x.length / 2, x[0]!.length / 2, (row, column) =>
    x[0]![0]!.flatMap((_, c) => range(4).map((n) => x[2 * row + (n >> 1)]![2 * column + (n & 1)]![c]!)),
  );
}

/** (value + bias)·e^(3·logScale). */
function affine(values: number[], get: Get): number[] {
  const [bias, logScale] = [get('bias'), get('logScale')];
  return values.map((value, c) => (value + bias[c]!) * Math.exp(3 * logScale[c]!));
}

/** A row of channels times one tap's matrix of a kernel. */
function product(values: number[], kernel: ArrayLike<number>, tap: number, outputs: number): number[] {
  const inputs = values.length;
  return range(outputs).map((o) =>
    sum(values.map((value, i) => value * kernel[(tap * inputs + i) * outputs + o]!)),
  );
}

function logNormal(value: number, mean: number, logDeviation: number): number {
  return -0.5 * Math.log(2 * Math.PI) - logDeviation - 0.5 * ((value - mean) / Math.exp(logDeviation)) ** 2;
}

function grid(rows: number, columns: number, pixel: (row: number, column: number) => number[]): Pixels {
  return range(rows).map((row) => range(columns).map((column) => pixel(row, column)));
}

function map(x: Pixels, change: (pixel: number[]) => number[]): Pixels {
  return x.map((row) => row.map(change));
}

function each(x: Pixels, look: (pixel: number[], row: number, column: number) => void): void {
  x.forEach((pixels, row) => {
    pixels.forEach((pixel, column) => {
      look(pixel, row, column);
    });
  });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
