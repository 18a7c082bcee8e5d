// Heat maps, and the picture of an image next to its map.
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { heatMap, heatRange } from './heatMap.ts';
import { mapPicture } from './mapPicture.ts';

const [dark, bright, grey] = [
  [0, 0, 4],
  [252, 255, 164],
  [128, 128, 128],
];

describe('heatMap', () => {
  it('goes from dark to bright, and gives values beyond the colour of the end', () => {
    const colours = heatMap([-1, 0, 10, 11, Number.POSITIVE_INFINITY, Number.NaN], [0, 10]);
    expect(Array.from(colours)).toEqual([dark, dark, bright, bright, bright, grey].flat());
    const lightness = Array.from({ length: 101 }, (_, value) => {
      const [red, green, blue] = heatMap([value], [0, 100]);
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    });
    expect(lightness).toEqual(lightness.toSorted((a, b) => a - b));
  });

  it('has the range of a typical map', () => {
    const maps = [
      [0, 5, 1, 2],
      [1, 6, 2, 3],
      [-90, 900, 4, 5],
      [Number.NaN, 1000, 1000, 1000],
    ];
    expect(heatRange({ shape: [4, 2, 2], data: Float64Array.from(maps.flat()) })).toEqual([0, 6]);
    expect(heatRange({ shape: [1, 2, 2], data: Float64Array.of(3, 1, 4, 1) })).toEqual([1, 4]);
    expect(heatRange({ shape: [0, 2, 2], data: new Float64Array() })).toEqual([0, 1]);
  });
});

describe('mapPicture', () => {
  it.each<[ImageShape, number]>([
    [[8, 6, 3], 28],
    [[6, 8, 1], 28],
    [[300, 20, 1], 1],
  ])('of %o shows the image, its map and the scale', (imageShape, side) => {
    const [height, width, channels] = imageShape;
    const image = Uint8Array.from({ length: height * width * channels }, (_, index) => (37 * index) % 256);
    const map = Float64Array.from({ length: height * width }, (_, index) => channels * index);
    const range = [0, channels * height * width] as const;
    const png = decode(mapPicture(image, map, { imageShape, range }));
    const colourAt = (x: number, top: number): number[] =>
      Array.from(png.data.subarray(3 * (top * png.width + x), 3 * (top * png.width + x) + 3));
    const mapLeft = 16 + Math.max(side * width, 118);
    const colours = heatMap(map, range);
    for (const [row, column] of [
      [0, 0],
      [height - 1, width - 1],
      [1, 4],
    ] as const) {
      const index = row * width + column;
      const pixel = Array.from({ length: 3 }, (_, c) => image[channels * index + (channels === 3 ? c : 0)]!);
      // Both corners of the square.
      for (const inside of [0, side - 1]) {
        const [x, y] = [column * side + inside, 8 + row * side + inside];
        expect(colourAt(8 + x, y)).toEqual(pixel);
        expect(colourAt(mapLeft + x, y)).toEqual(Array.from(colours.subarray(3 * index, 3 * index + 3)));
      }
    }
    const barLeft = mapLeft + Math.max(side * width, 118) + 8;
    expect(colourAt(barLeft, 8)).toEqual(bright);
    expect(colourAt(barLeft + 13, 8 + height * side - 1)).toEqual(dark);
  });

  it('shows deviations as a second map, with frames there and in the image', () => {
    const image = new Uint8Array(64);
    const map = new Float64Array(64);
    const range = [0, 1] as const;
    const deviations = {
      map: map.map((_, index) => (index === 0 ? -8 : 0)),
      frames: [{ row: 2, column: 3, side: 3 }],
    };
    const plain = decode(mapPicture(image, map, { imageShape: [8, 8, 1], range }));
    const png = decode(mapPicture(image, map, { imageShape: [8, 8, 1], range, deviations }));
    const colourAt = (x: number, top: number): number[] => {
      const first = 3 * (top * png.width + x);
      return Array.from(png.data.subarray(first, first + 3));
    };
    const panel = 8 * 28;
    expect([png.width, png.height]).toEqual([plain.width + panel + 8, plain.height]);
    // Fewer bits than elsewhere are as odd as more.
    expect(colourAt(plain.width, 8)).toEqual(bright);
    expect(colourAt(plain.width + 28, 8)).toEqual(dark);
    for (const x of [8, plain.width]) {
      const inside = x === 8 ? [0, 0, 0] : dark;
      const [right, bottom] = [x + 6 * 28 - 1, 8 + 5 * 28 - 1];
      expect([colourAt(x + 3 * 28, 8 + 2 * 28), colourAt(right, bottom)]).toEqual([
        [0, 220, 255],
        [0, 220, 255],
      ]);
      expect([colourAt(x + 3 * 28 + 1, 8 + 2 * 28 + 1), colourAt(right + 1, bottom)]).toEqual([
        inside,
        inside,
      ]);
    }
  });

  it('writes numbers that are not finite, or huge', () => {
    const image = new Uint8Array(4);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1e9, 3e38]) {
      const map = new Float64Array(4).fill(value);
      const picture = mapPicture(image, map, { imageShape: [2, 2, 1], range: [value, 1] });
      expect(decode(picture).channels).toBe(3);
    }
  });

  it('refuses images with other channels', () => {
    expect(() =>
      mapPicture(new Uint8Array(8), new Float64Array(4), { imageShape: [2, 2, 2], range: [0, 1] }),
    ).toThrow('images with 2 channels cannot be shown');
  });
});
