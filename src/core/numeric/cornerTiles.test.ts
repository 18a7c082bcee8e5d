// The matrices between tiles against dense ones, made tap by tap.
import { expect, it } from 'vitest';
import { countElements, type NdArray } from './arrays.ts';
import { cornerTiles } from './cornerTiles.ts';
import { inverse } from './linearAlgebra.ts';
import { RandomStream } from './random.ts';

function createKernel(side: number, channels: number): NdArray {
  const shape = [side, side, channels, channels];
  const data = new RandomStream(3, 'kernel', side, channels).normals(countElements(shape));
  return { shape, data };
}

/** The matrix of the convolution from one tile of an image to another, so many pixels down and to the right of it. */
function denseTile(
  kernel: NdArray,
  dilation: number,
  [up, leftOffset]: readonly [up: number, left: number],
  length: number,
): Float64Array {
  const [side, , channels] = kernel.shape as [number, number, number, number];
  const values = length * channels;
  const matrix = new Float64Array(values ** 2);
  for (let from = 0; from < length; from++) {
    for (let to = 0; to < length; to++) {
      for (let i = 0; i < side; i++) {
        for (let j = 0; j < side; j++) {
          if (i * dilation !== up || leftOffset + to - from !== j * dilation) {
            continue;
          }
          for (let input = 0; input < channels; input++) {
            for (let output = 0; output < channels; output++) {
              matrix[(from * channels + input) * values + to * channels + output] =
                kernel.data[((i * side + j) * channels + input) * channels + output]!;
            }
          }
        }
      }
    }
  }
  return matrix;
}

function negativeProduct(a: Float64Array, b: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    let sum = 0;
    for (let inner = 0; inner < size; inner++) {
      sum -= a[row * size + inner]! * b[inner * size + column]!;
    }
    return sum;
  });
}

it.each([
  [2, 3, 1, 4],
  [3, 2, 1, 2],
  [2, 2, 3, 5],
  [4, 1, 2, 3],
  [2, 3, 1, 1],
  [1, 2, 1, 3],
])('side %i, %i channels, dilation %i, tiles of %i', (side, channels, dilation, length) => {
  const kernel = createKernel(side, channels);
  const values = length * channels;
  const neighbours = [
    { up: 0, left: 1 },
    { up: dilation, left: 0 },
    { up: dilation, left: 1 },
  ];
  const { shape, data } = cornerTiles(kernel, { dilation, length, neighbours, layout: 'rows' });
  expect(shape).toEqual([4, values, values]);
  const centre = inverse(denseTile(kernel, dilation, [0, 0], length), values);
  const expected = [
    centre,
    ...neighbours.map(({ up, left: leftOffset }) =>
      negativeProduct(denseTile(kernel, dilation, [up, leftOffset * length], length), centre, values),
    ),
  ].flatMap((matrix) => [...matrix]);
  const largest = Math.max(...expected.map(Math.abs));
  data.forEach((value, index) => {
    expect(Math.abs(value - expected[index]!)).toBeLessThan(1e-10 * largest);
  });
});

it('transposes the matrices for tiles that are columns', () => {
  const [kernel, length, values] = [createKernel(2, 2), 3, 6];
  const options = { dilation: 1, length, neighbours: [{ up: 1, left: 0 }] };
  const [rows, columns] = (['rows', 'columns'] as const).map(
    (layout) => cornerTiles(kernel, { ...options, layout }).data,
  );
  for (let index = 0; index < 2 * values ** 2; index++) {
    const matrix = Math.floor(index / values ** 2);
    const [row, column] = [Math.floor(index / values) % values, index % values];
    expect(columns![(matrix * values + column) * values + row]).toBe(rows![index]);
  }
});

it('is NaN where the tap of the pixel itself has no inverse', () => {
  const kernel = { shape: [2, 2, 1, 1], data: Float64Array.of(0, 1, 1, 1) };
  const { data } = cornerTiles(kernel, {
    dilation: 1,
    length: 2,
    neighbours: [{ up: 1, left: 0 }],
    layout: 'rows',
  });
  expect([data[0], data[1], data[3]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(data[4]).toBeNaN();
});
