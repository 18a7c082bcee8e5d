// Odd places: maps against a reference by hand, and the statistics of places of a model.
import { afterAll, describe, expect, it } from 'vitest';
import type { ImageShape } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { mean, variance } from '../../core/numeric/statistics.ts';
import { imagesInMemory } from '../../data/contract/dataset.ts';
import { randomParameters } from '../../flows/checks/randomParameters.ts';
import { Glow } from '../../flows/models/glow.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { asConstants } from '../../testing/programValues.ts';
import { measurePlaces, oddPlaces } from './places.ts';

const imageShape: ImageShape = [8, 12, 1];
const glow = new Glow(imageShape, { levels: 1, depth: 1, conditioner: { width: 4 }, mixing: 'reverse' });
const parameters = asConstants(randomParameters(glow.parameters));
const model = new FlowModel({ model: glow, parameters }, { threads: 1 });
afterAll(() => model.release());

describe('places of a reference', () => {
  const random = new RandomStream(0);
  const pixels = Uint8Array.from({ length: 6 * 96 }, () => random.integer(256));
  const images = imagesInMemory(pixels, imageShape);

  it('are mean and deviation of the bits around each pixel', async () => {
    const places = (await measurePlaces(model, images, { draws: 2, seed: 1 }))!;
    expect(places).toMatchObject({ images: 6, side: 3 });
    expect([places.mean.length, places.deviation.length]).toEqual([96, 96]);
    const { data } = await model.bitsMap(pixels, { draws: 2, seed: 1, noiseByContent: true });
    const bitsAt = (image: number, row: number, column: number): number =>
      data[image * 96 + row * 12 + column]!;
    // A corner has four pixels, and a place inside nine.
    for (const [row, column, around] of [
      [
        0,
        11,
        [
          [0, 10],
          [0, 11],
          [1, 10],
          [1, 11],
        ],
      ],
      [4, 5, [3, 4, 5].flatMap((r) => [4, 5, 6].map((c) => [r, c]))],
    ] as [number, number, [number, number][]][]) {
      const values = [0, 1, 2, 3, 4, 5].map((image) => mean(around.map(([r, c]) => bitsAt(image, r, c))));
      expect(places.mean[row * 12 + column]! / mean(values)).toBeCloseTo(1, 3);
      expect(places.deviation[row * 12 + column]! / Math.sqrt(variance(values))).toBeCloseTo(1, 3);
    }
  });

  it('need two images', async () => {
    expect(
      await measurePlaces(model, imagesInMemory(pixels.subarray(0, 96), imageShape), {}),
    ).toBeUndefined();
  });
});

describe('the oddest places', () => {
  const reference = {
    images: 10,
    side: 3,
    mean: new Array<number>(96).fill(5),
    deviation: new Array<number>(96).fill(1),
  };
  const mapWith = (...spots: [row: number, column: number, value: number][]) => {
    const data = new Float64Array(96).fill(5);
    for (const [row, column, value] of spots) {
      data[row * 12 + column] = value;
    }
    return { shape: [1, 8, 12], data };
  };

  it('are squares that do not overlap, from both sides, the oddest first', () => {
    const { map, oddest } = oddPlaces(mapWith([4, 5, 5 + 27], [2, 9, 5 - 45], [5, 2, 5 + 18]), reference);
    expect(oddest).toEqual([
      [
        expect.objectContaining({ side: 3, deviations: -5 }),
        expect.objectContaining({ side: 3, deviations: 3 }),
        expect.objectContaining({ side: 3, deviations: 2 }),
      ],
    ]);
    for (const [index, [row, column]] of [
      [2, 9],
      [4, 5],
      [5, 2],
    ].entries()) {
      const frame = oddest[0]![index]!;
      expect(row! >= frame.row && row! < frame.row + 3).toBe(true);
      expect(column! >= frame.column && column! < frame.column + 3).toBe(true);
    }
    expect(map.data[4 * 12 + 5]).toBe(3);
    expect(map.data[2 * 12 + 5]).toBe(0);
  });

  it('lie inside the image, and are none where nothing is finite', () => {
    const { oddest } = oddPlaces(mapWith([0, 0, 90]), reference);
    expect(oddest[0]![0]).toMatchObject({ row: 0, column: 0 });
    const lost = oddPlaces(mapWith([0, 0, Number.NaN]), reference);
    expect(lost.oddest[0]!.every(({ deviations }) => Number.isFinite(deviations))).toBe(true);
  });

  it('are refused with the reference of images of another size', () => {
    expect(() => oddPlaces({ shape: [1, 2, 2], data: new Float64Array(4) }, reference)).toThrow(
      'the reference has 96 places, and an image 4: measure it again with measureReference()',
    );
  });

  it('do not depend on places where all reference images agree', () => {
    const deviation = reference.deviation.map((value, index) => (index < 12 ? 0 : value));
    const { map } = oddPlaces(mapWith([0, 5, 5.9]), { ...reference, deviation });
    // A corner of the map has six pixels: 0.15 above the mean, relative to the mean deviation.
    expect(map.data[5]).toBeCloseTo(0.15 / (84 / 96), 6);
  });
});
