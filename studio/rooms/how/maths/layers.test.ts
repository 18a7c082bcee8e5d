// The arithmetic of the figures of single layers, compared with the library's.
import { describe, expect, it } from 'vitest';
import { logAbsDeterminant } from '../../../../src/core/numeric/linearAlgebra.ts';
import { butterfly } from '../../../../src/flows/layers/butterfly.ts';
import { convolutionExponential } from '../../../../src/flows/layers/convolutionExponential.ts';
import { maf } from '../../../../src/flows/layers/maf.ts';
import { applyLayer } from '../../../../src/testing/programValues.ts';
import {
  circulantMatrix,
  dependsOn,
  eigenvalueSizes,
  exponentialTerms,
  factorDistances,
  mixedInto,
  settledIn,
  sumImages,
} from './layers.ts';
import { normals } from './random.ts';
import { createSpline, splineAt, splineInverse } from './splines.ts';

it('the series is the convolution exponential, and the trace its log-determinant', async () => {
  const size = 5;
  const draw = normals(3);
  const kernel = Array.from({ length: 9 }, () => 0.1 * draw());
  const image = Array.from({ length: size * size }, draw);
  const { y, logDet } = await applyLayer(
    convolutionExponential([size, size, 1], { normBound: 2 }),
    {
      kernel: { shape: [3, 3, 1, 1], data: Float64Array.from(kernel) },
      bias: { shape: [1], data: new Float64Array(1) },
    },
    { shape: [1, size, size, 1], data: Float64Array.from(image) },
  );
  const sum = sumImages(exponentialTerms(image, kernel, 30));
  for (const [pixel, value] of sum.entries()) {
    expect(value).toBeCloseTo(y[pixel]!, 10);
  }
  expect(logDet[0]).toBeCloseTo(size * size * kernel[4]!, 10);
});

describe('the spline', () => {
  const numbers = (count: number, seed: number): number[] => Array.from({ length: count }, normals(seed));
  const spline = createSpline({ widths: numbers(5, 1), heights: numbers(5, 2), slopes: numbers(4, 3) }, 3);
  const places = Array.from({ length: 81 }, (_, index) => -4 + 0.1 * index + 0.003);

  it('increases, has the right slope, and inverts', () => {
    for (const x of places) {
      const { y, slope } = splineAt(spline, x);
      const step = 1e-6;
      const difference = (splineAt(spline, x + step).y - splineAt(spline, x - step).y) / (2 * step);
      expect(slope).toBeGreaterThan(0);
      expect(slope).toBeCloseTo(difference, 5);
      expect(splineInverse(spline, y)).toBeCloseTo(x, 9);
    }
  });

  it('is the identity if its parameters are 0, and outside its bounds', () => {
    const zeros = createSpline({ widths: [0, 0, 0], heights: [0, 0, 0], slopes: [0, 0] }, 3);
    for (const x of places) {
      expect(splineAt(zeros, x).y).toBeCloseTo(x, 12);
    }
    expect(splineAt(spline, 3.5)).toEqual({ y: 3.5, slope: 1 });
    expect(splineAt(spline, 1.5).y).not.toBeCloseTo(1.5, 1);
  });
});

it.each([3, 8])('the spectrum of a circulant matrix of %i channels has its determinant', (size) => {
  const row = Array.from({ length: size }, normals(size));
  const sum = eigenvalueSizes(row).reduce((total, eigenvalue) => total + Math.log(eigenvalue), 0);
  expect(sum).toBeCloseTo(logAbsDeterminant(circulantMatrix(row).flat(), size), 10);
});

it('a butterfly matrix has the dependencies of the layer', async () => {
  const [height, width] = [3, 4];
  const values = height * width;
  const layer = butterfly([height, width, 1]);
  const draw = normals(11);
  const parameters = Object.fromEntries(
    Object.entries(layer.parameters).map(([name, { shape }]) => [
      name,
      {
        shape,
        data: Float64Array.from({ length: shape.reduce((product, length) => product * length, 1) }, draw),
      },
    ]),
  );
  // Image i is 1 at value i, so output j differs from the bias exactly if it depends on i.
  const data = Float64Array.from({ length: (values + 1) * values }, (_, index) =>
    Math.floor(index / values) === index % values ? 1 : 0,
  );
  const images = { shape: [values + 1, height, width, 1], data };
  const { y } = await applyLayer(layer, parameters, images);
  for (let j = 0; j < values; j++) {
    const reached = Array.from({ length: values }, (_, i) => i).filter(
      (i) => Math.abs(y[i * values + j]! - y[values * values + j]!) > 1e-12,
    );
    expect(mixedInto(j, factorDistances(values), values)).toEqual(reached);
  }
});

describe('the order of an autoregressive layer', () => {
  const size = 4;
  const pixels = size * size;

  it('is the layer’s: a pixel changes with its dependencies', async () => {
    // Wide enough that inactive units don't hide dependencies.
    const layer = maf([size, size, 1], { hiddenChannels: 64 });
    const draw = normals(7);
    const parameters = Object.fromEntries(
      Object.entries(layer.parameters).map(([name, { shape }]) => {
        const values = Float64Array.from(
          { length: shape.reduce((product, length) => product * length, 1) },
          draw,
        );
        // Disables the second network, which reads in the reverse order.
        return [name, { shape, data: name.startsWith('second') ? values.fill(0) : values }];
      }),
    );
    // An image, and for each pixel a copy with that pixel changed.
    const first = Float64Array.from({ length: pixels }, draw);
    const data = Float64Array.from({ length: (pixels + 1) * pixels }, (_, index) => {
      const [image, pixel] = [Math.floor(index / pixels), index % pixels];
      return first[pixel]! + (image === pixel + 1 ? 0.5 : 0);
    });
    const { y } = await applyLayer(layer, parameters, { shape: [pixels + 1, size, size, 1], data });
    const isChanged = (image: number, pixel: number): boolean =>
      Math.abs(y[image * pixels + pixel]! - y[pixel]!) > 1e-12;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const changed = [...first.keys()].filter(
        (candidate) => candidate !== pixel && isChanged(candidate + 1, pixel),
      );
      expect(dependsOn(pixel, size)).toEqual(changed);
    }
  });

  it('settles a pixel after its dependencies, and the last one after the longest chain', () => {
    const settled = settledIn(size);
    for (const [pixel, iteration] of settled.entries()) {
      const before = dependsOn(pixel, size).map((dependency) => settled[dependency]!);
      expect(iteration).toBe(1 + Math.max(0, ...before));
    }
    // Two for each row below, one for each column.
    expect(Math.max(...settled)).toBe(2 * (size - 1) + size);
  });
});
