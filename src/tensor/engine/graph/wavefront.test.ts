import { describe, expect, it } from 'vitest';
import { countElements, type NdArray } from '../../../core/numeric/arrays.ts';
import { solveCornerSequentially } from '../../../core/numeric/cornerTiles.ts';
import { RandomStream } from '../../../core/numeric/random.ts';
import { largestDifference } from '../../../core/numeric/statistics.ts';
import { expectClose } from '../../../testing/golden.ts';
import { normalArray, runOnce } from '../../../testing/programValues.ts';
import { flip, solveCorner } from '../../operations/index.ts';
import { constant, input, OPEN_BATCH, type Tensor } from '../../tensor.ts';
import { compile } from '../program.ts';
import { imagesFirst, imagesLast } from './batchLast.ts';
import { tileLength } from './tiles.ts';
import { solveByDiagonals, solveRowsBatchLast } from './wavefront.ts';

/** A corner kernel whose centre tap is triangular, its diagonal away from zero, of either sign. */
function cornerKernel(side: number, channels: number, upper: boolean): NdArray {
  const random = new RandomStream(7, 'kernel', side, channels);
  const shape = [side, side, channels, channels];
  const data = random
    .normals(countElements(shape))
    .map((value) => (0.6 * value) / (side * Math.sqrt(channels)));
  for (let row = 0; row < channels; row++) {
    for (let column = 0; column < channels; column++) {
      if (row === column) {
        data[row * channels + column] = (random.uniform() < 0.5 ? -1 : 1) * (0.7 + random.uniform());
      } else if (upper !== row < column) {
        data[row * channels + column] = 0;
      }
    }
  }
  return { shape, data };
}

const turned = (image: Tensor): Tensor => flip(flip(image, 1), 2);

describe('solveByDiagonals', () => {
  it.each([
    [5, 7, 3, 2, 1, true],
    [7, 5, 2, 2, 1, false],
    [6, 6, 4, 3, 1, true],
    [4, 9, 1, 2, 2, false],
    [3, 3, 2, 4, 2, true],
    [1, 6, 3, 2, 1, true],
    [6, 1, 3, 2, 1, false],
    [1, 1, 5, 3, 1, true],
    [4, 6, 2, 3, 2, true],
    [3, 8, 1, 4, 3, false],
    // Rows of several tiles.
    [3, 12, 24, 2, 1, true],
    [3, 40, 2, 3, 2, false],
  ])('%ix%i, %i channels, side %i, dilation %i: equals the solution one pixel at a time', async (...args) => {
    const [height, width, channels, side, dilation, upper] = args;
    const kernel = cornerKernel(side, channels, upper);
    const shape = [3, height, width, channels];
    const y = normalArray('y', shape);
    const tensor = input('y', [OPEN_BATCH, height, width, channels]);
    const expected = solveCornerSequentially(y, kernel, dilation).data;
    const lengths = Array.from({ length: width }, (_, index) => index + 1).filter(
      (length) => width % length === 0,
    );
    const outputs = Object.fromEntries(
      lengths.map((length) => [
        `x, tiles of ${length}`,
        solveByDiagonals(tensor, constant(kernel), dilation, length),
      ]),
    );
    const wavefrontRows = (image: Tensor, mirrored: boolean) =>
      imagesFirst(solveRowsBatchLast(imagesLast(image), constant(kernel), { dilation, mirrored }));
    outputs['x, batch last'] = wavefrontRows(tensor, false);
    // Turned by 180°, an image needs the mirrored solution.
    outputs['x, mirrored image'] = turned(
      solveCorner(turned(tensor), constant(kernel), { dilation, mirrored: true }),
    );
    outputs['x, batch last, mirrored image'] = turned(wavefrontRows(turned(tensor), true));
    const solved = await runOnce({ inputs: { y: tensor }, outputs }, { y }, 'float64');
    for (const [name, { data }] of Object.entries(solved)) {
      expectClose(name, data, expected, 'float64', 1e-11);
    }
    const x = turned(solveCorner(turned(tensor), constant(kernel), { dilation, mirrored: true }));
    const onHost = await compile(
      { inputs: { y: tensor }, outputs: { x } },
      { precision: 'float64', inverse: 'sequential' },
    );
    const { x: ofHost } = await onHost.run({ y });
    expectClose('x on the host, mirrored image', ofHost!.data, expected, 'float64', 1e-11);
    await onHost.release();
  });

  it('returns NaN, never its input, if the diagonal contains a zero', async () => {
    const kernel = cornerKernel(2, 2, true);
    kernel.data[0] = 0;
    const y = normalArray('y', [1, 2, 2, 2]);
    const tensor = input('y', y.shape);
    const outputs = { x: solveByDiagonals(tensor, constant(kernel), 1) };
    const { x } = await runOnce({ inputs: { y: tensor }, outputs }, { y }, 'float32');
    expect([...x!.data].every(Number.isNaN)).toBe(true);
  });
});

it('rounds no worse with the batch last, mirrored or not', async () => {
  const shape = [16, 16, 16, 12];
  const kernel = cornerKernel(2, 12, true);
  const y = normalArray('y', shape);
  const tensor = input('y', shape);
  const last = (image: Tensor, mirrored: boolean) =>
    imagesFirst(solveRowsBatchLast(imagesLast(image), constant(kernel), { dilation: 1, mirrored }));
  const outputs = {
    first: solveByDiagonals(tensor, constant(kernel), 1),
    last: last(tensor, false),
    mirrored: turned(last(turned(tensor), true)),
  };
  const single = { shape, data: Float32Array.from(y.data) };
  const results = await runOnce({ inputs: { y: tensor }, outputs }, { y: single }, 'float32');
  const exact = solveCornerSequentially({ shape, data: Float64Array.from(single.data) }, kernel, 1).data;
  const outputError = (name: keyof typeof outputs): number => largestDifference(results[name]!.data, exact);
  expect(outputError('first')).toBeGreaterThan(0);
  expect(outputError('last')).toBeLessThan(1.5 * outputError('first'));
  expect(outputError('mirrored')).toBeLessThan(1.5 * outputError('first'));
});

it('refuses a dilation that is not a whole number of 1 or more', () => {
  const [y, kernel] = [input('y', [1, 4, 4, 2]), constant(cornerKernel(2, 2, true))];
  for (const dilation of [0, -1, 1.5, Number.NaN]) {
    expect(() => solveCorner(y, kernel, { dilation })).toThrow('the dilation must be a whole number');
  }
});

describe('tileLength', () => {
  it.each([
    [14, 4, 14],
    [16, 12, 16],
    [32, 12, 4],
    [8, 48, 1],
    [64, 1, 32],
    [13, 48, 1],
    [1, 500, 1],
  ])('of rows of %i pixels with %i channels is %i', (width, channels, length) => {
    expect(tileLength(width, channels)).toBe(length);
  });
});

describe('solveCornerSequentially', () => {
  it('is inverted by the convolution itself', () => {
    const kernel = cornerKernel(2, 3, false);
    const shape = [2, 4, 5, 3];
    const y = normalArray('y', shape);
    const x = solveCornerSequentially(y, kernel, 2).data;
    const valueAt = (n: number, h: number, w: number, c: number) =>
      h < 0 || w < 0 ? 0 : x[((n * 4 + h) * 5 + w) * 3 + c]!;
    const again = y.data.map((_, index) => {
      const [n, h, w, o] = [
        Math.floor(index / 60),
        Math.floor(index / 15) % 4,
        Math.floor(index / 3) % 5,
        index % 3,
      ];
      let total = 0;
      for (let tap = 0; tap < 4; tap++) {
        for (let i = 0; i < 3; i++) {
          total +=
            valueAt(n, h - 2 * Math.floor(tap / 2), w - 2 * (tap % 2), i) *
            kernel.data[(tap * 3 + i) * 3 + o]!;
        }
      }
      return total;
    });
    expectClose('y', again, y.data, 'float64', 1e-12);
  });

  it('rejects a centre tap that is not triangular', () => {
    const kernel = { shape: [1, 1, 2, 2], data: Float64Array.of(1, 2, 3, 4) };
    const y = { shape: [1, 1, 1, 2], data: Float64Array.of(1, 2) };
    expect(() => solveCornerSequentially(y, kernel, 1)).toThrow('triangular');
  });
});
