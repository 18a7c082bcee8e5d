// The arithmetic of the figures, compared with the library's.
import { describe, expect, it } from 'vitest';
import type { ImageShape, NdArray } from '../../../../src/core/numeric/arrays.ts';
import { solveCornerSequentially } from '../../../../src/core/numeric/cornerTiles.ts';
import { logAbsDeterminant } from '../../../../src/core/numeric/linearAlgebra.ts';
import { emerging } from '../../../../src/flows/layers/emerging.ts';
import { periodic } from '../../../../src/flows/layers/periodic.ts';
import { Glow } from '../../../../src/flows/models/glow.ts';
import { solveByDiagonals as solveGraph } from '../../../../src/tensor/engine/graph/wavefront.ts';
import { constant, input, topologicalOrder } from '../../../../src/tensor/tensor.ts';
import { applyLayer } from '../../../../src/testing/programValues.ts';
import {
  convolutionMatrix,
  createKernel,
  type Kernel,
  kernelOffsets,
  logDiagonal,
  pixelsRead,
  toDense,
} from './convolutions.ts';
import {
  applyMatrices,
  conjugateGroups,
  frequencyMatrices,
  fromFrequencies,
  invertComplex,
  type PeriodicKernel,
  toFrequencies,
  wrappedConvolution,
} from './frequencies.ts';
import { listLevels } from './layers.ts';
import {
  decomposePlu,
  decomposeQr,
  eliminationLogDet,
  logAbsOfDiagonal,
  multiplyMatrices,
} from './matrices.ts';
import { normals } from './random.ts';
import {
  cornerConvolution,
  listDiagonals,
  listNeighbours,
  solveByDiagonals,
  waitingDiagonals,
} from './wavefront.ts';

/** One image per value: 1 there, 0 elsewhere. */
function unitImages([height, width, channels]: ImageShape): NdArray {
  const size = height * width * channels;
  const data = Float64Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 1 : 0));
  return { shape: [size, height, width, channels], data };
}

/** Compares numbers one by one. */
function expectClose(actual: readonly number[], expected: ArrayLike<number>, digits: number): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index]!, digits);
  });
}

const flat = (values: readonly (readonly (readonly number[])[])[]): Float64Array =>
  Float64Array.from(values.flat(2));

/** An emerging convolution with only one corner. */
function cornerParameters(kernel: Kernel, kernelSize: number, channels: number): Record<string, NdArray> {
  const side = (kernelSize + 1) / 2;
  const shape = [side, side, channels, channels];
  const identity = (last: boolean): Kernel['weights'] =>
    kernel.offsets.map((_, tap) =>
      Array.from({ length: channels }, (__, i) =>
        Array.from({ length: channels }, (___, o) =>
          i === o && tap === (last ? kernel.offsets.length - 1 : 0) ? 1 : 0,
        ),
      ),
    );
  const array = { shape, data: flat(kernel.weights) };
  const [kernel1, kernel2] =
    kernel.kind === 'first'
      ? [array, { shape, data: flat(identity(true)) }]
      : [{ shape, data: flat(identity(false)) }, array];
  return { kernel1, kernel2, bias: { shape: [channels], data: new Float64Array(channels) } };
}

describe('the matrix of a corner convolution', () => {
  it.each([
    ['first', 1],
    ['second', 1],
    ['first', 2],
    ['second', 2],
  ] as const)(
    '%s kernel, %i channels: is the layer, triangular, and its diagonal gives ln|det|',
    async (kind, channels) => {
      const [height, width] = [5, 4];
      const shape: ImageShape = [height, width, channels];
      const size = height * width * channels;
      const kernel = createKernel(kind, channels, 0.8, 3);
      const entries = convolutionMatrix(kernel, height, width);
      expect(entries.every(({ row, column }) => (kind === 'first' ? column >= row : column <= row))).toBe(
        true,
      );
      const { y, logDet } = await applyLayer(
        emerging(shape),
        cornerParameters(kernel, 3, channels),
        unitImages(shape),
      );
      expect(logDiagonal(entries)).toBeCloseTo(logDet[0]!, 12);
      const dense = toDense(entries, size);
      expect(eliminationLogDet(dense)).toBeCloseTo(logDiagonal(entries), 10);
      // Within a pixel, the figure orders channels from last to first.
      const natural = (index: number): number =>
        index - (index % channels) + channels - 1 - (index % channels);
      dense.forEach((row, output) => {
        row.forEach((value, from) => {
          expect(value).toBeCloseTo(y[natural(from) * size + natural(output)]!, 12);
        });
      });
    },
  );

  it('has the determinant from elimination in the library, for an ordinary convolution', () => {
    const dense = toDense(convolutionMatrix(createKernel('ordinary', 2, 0.8, 5), 5, 5), 50);
    expect(eliminationLogDet(dense)).toBeCloseTo(logAbsDeterminant(dense.flat(), 50), 9);
  });
});

it.each([
  [3, 1],
  [5, 1],
  [3, 2],
])('kernel %i, dilation %i: both corners read what the layer reads', async (kernelSize, dilation) => {
  const [height, width] = [7, 6];
  const side = (kernelSize + 1) / 2;
  const draw = normals(2);
  const corner = () => ({
    shape: [side, side, 1, 1],
    data: Float64Array.from({ length: side * side }, () => 0.5 + Math.abs(draw())),
  });
  const layer = emerging([height, width, 1], { kernelSize, dilation });
  const parameters = {
    kernel1: corner(),
    kernel2: corner(),
    bias: { shape: [1], data: new Float64Array(1) },
  };
  const { y } = await applyLayer(layer, parameters, unitImages([height, width, 1]));
  const steps = (['first', 'second'] as const).map((kind) => kernelOffsets(kind, kernelSize, dilation));
  for (let pixel = 0; pixel < height * width; pixel++) {
    const read = pixelsRead([Math.floor(pixel / width), pixel % width], steps, height, width);
    const seen = Array.from({ length: height * width }, (_, from) => from).filter(
      (from) => y[from * height * width + pixel] !== 0,
    );
    expect([...read.keys()]).toEqual(seen);
  }
});

describe('the inverse along anti-diagonals', () => {
  it.each([
    [6, 9, 3, 1],
    [9, 6, 5, 1],
    [7, 7, 3, 3],
    [4, 5, 3, 5],
    [1, 6, 3, 2],
  ])('%i x %i, kernel %i, dilation %i: has the values and the steps of the library', async (...sizes) => {
    const [height, width, kernelSize, dilation] = sizes;
    const side = (kernelSize + 1) / 2;
    const draw = normals(4);
    const kernel = Array.from({ length: side * side }, (_, tap) => (tap === 0 ? 1.3 : 0.4 * draw()));
    const x = Array.from({ length: height * width }, draw);
    const y = cornerConvolution(x, width, kernel, dilation);
    const solved = solveByDiagonals(y, width, kernel, dilation);
    const array = (shape: number[], data: number[]): NdArray => ({ shape, data: Float64Array.from(data) });
    const reference = solveCornerSequentially(
      array([1, height, width, 1], y),
      array([side, side, 1, 1], kernel),
      dilation,
    );
    expectClose(solved, x, 9);
    expectClose(solved, reference.data, 9);
    // In the library's graph, products with a bias are the steps that depend on others.
    const graph = solveGraph(
      input('y', [1, height, width, 1]),
      constant(array([side, side, 1, 1], kernel)),
      dilation,
      1,
    );
    const steps = topologicalOrder([graph]).filter(
      ({ operation, inputs }) => operation.name === 'product' && inputs.length === 3,
    );
    expect(waitingDiagonals(height, width, kernelSize, dilation)).toBe(steps.length);
    expect(listDiagonals(height, width)).toHaveLength(height + width - 1);
  });

  it('needs only pixels of earlier anti-diagonals', () => {
    const [height, width] = [6, 5];
    const diagonals = listDiagonals(height, width);
    const stepCount = (pixel: number): number => diagonals.findIndex((pixels) => pixels.includes(pixel));
    expect(diagonals.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (const neighbour of listNeighbours(pixel, width, 2, 1)) {
        expect(stepCount(neighbour)).toBeLessThan(stepCount(pixel));
      }
    }
  });
});

describe('a periodic convolution', () => {
  const size = 6;
  const draw = normals(8);
  const kernel: PeriodicKernel = Array.from({ length: 9 }, (_, tap) =>
    [0, 1].map((i) => [0, 1].map((o) => 0.3 * draw() + (tap === 4 && i === o ? 1 : 0))),
  );
  const x = Array.from({ length: size * size }, () => [draw(), draw()]);
  const matrices = frequencyMatrices(kernel, size);
  const inverses = matrices.map(invertComplex);

  it('has the values and ln|det| of the library', async () => {
    const parameters = {
      kernel: { shape: [3, 3, 2, 2], data: flat(kernel) },
      bias: { shape: [2], data: new Float64Array(2) },
    };
    const image = { shape: [1, size, size, 2], data: Float64Array.from(x.flat()) };
    const { y, logDet } = await applyLayer(periodic([size, size, 2]), parameters, image);
    expectClose(wrappedConvolution(x, kernel, size).flat(), y, 12);
    const sum = inverses.reduce((total, { logAbsDet }) => total + logAbsDet, 0);
    expect(sum).toBeCloseTo(logDet[0]!, 10);
  });

  it('multiplies each frequency by a matrix, and its inverse by the inverse matrix', () => {
    const y = wrappedConvolution(x, kernel, size);
    const groups = conjugateGroups(size);
    const frequencies = groups.flat();
    expect([...frequencies].sort((a, b) => a - b)).toEqual(
      Array.from({ length: size * size }, (_, index) => index),
    );
    const forth = fromFrequencies(applyMatrices(toFrequencies(x, size), matrices), size, frequencies).flat();
    const back = fromFrequencies(applyMatrices(toFrequencies(y, size), inverses), size, frequencies).flat();
    expectClose(forth, y.flat(), 10);
    expectClose(back, x.flat(), 10);
  });
});

it.each([2, 3, 5, 8])(
  'PLU and QR of a matrix of %i channels: multiply to it, with its determinant',
  (size) => {
    const draw = normals(size);
    const matrix = Array.from({ length: size }, () => Array.from({ length: size }, draw));
    const expected = logAbsDeterminant(matrix.flat(), size);
    const { p, l, u } = decomposePlu(matrix);
    const { q, r } = decomposeQr(matrix);
    expectClose(multiplyMatrices(p, multiplyMatrices(l, u)).flat(), matrix.flat(), 10);
    expectClose(multiplyMatrices(q, r).flat(), matrix.flat(), 10);
    expect(logAbsOfDiagonal(u)).toBeCloseTo(expected, 10);
    expect(logAbsOfDiagonal(r)).toBeCloseTo(expected, 10);
    const triangular = (matrix: number[][]) =>
      matrix.every((row, i) => row.every((entry, j) => j >= i || Math.abs(entry) < 1e-12));
    expect([triangular(u), triangular(r)]).toEqual([true, true]);
  },
);

it.each([
  [28, 28, 1, 2],
  [32, 32, 3, 3],
  [64, 64, 3, 1],
] as const)('%i x %i x %i in %i levels: the model’s shapes', (height, width, channels, levels) => {
  const model = new Glow([height, width, channels], {
    levels,
    depth: 1,
    conditioner: { width: 4 },
    mixing: 'emerging',
    learnedPrior: true,
    bits: 8,
  });
  const levelList = listLevels([height, width, channels], levels, 5);
  expect(levelList.map(({ latent }) => latent)).toEqual(model.latentShapes);
  for (const { shape, inverseSteps } of levelList) {
    expect(inverseSteps).toBe(5 * 2 * listDiagonals(shape[0], shape[1]).length);
  }
});
