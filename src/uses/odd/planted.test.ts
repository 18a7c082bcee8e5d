// Odd images among the validation images hide neither themselves nor images like them.
import { beforeAll, describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { evenlySpread, imagesInMemory, readAll, subset } from '../../data/contract/dataset.ts';
import { openDataset } from '../../data/registry.ts';
import { loadModel } from '../../model/loading/loadModel.ts';
import type { ImageStatistics } from '../../model/referenceScores.ts';
import { eightBit } from '../../testing/eightBit.ts';
import { fitted, statisticsAt } from './calibrate.ts';
import { measureStatistics } from './statistics/imageStatistics.ts';

const SIDE = 28;
const DIGITS = 300;
const REFERENCES = 100;

/** The kinds of odd images, by seed. */
const kinds: Readonly<Record<string, (seed: number) => Uint8Array>> = {
  noise(seed) {
    const random = new RandomStream(seed, 'noise');
    return Uint8Array.from({ length: SIDE * SIDE }, () => random.integer(256));
  },
  dark: (seed) => new Uint8Array(SIDE * SIDE).fill(20 + 2 * seed),
  /** Stripes of some width and direction. */
  texture: (seed) =>
    Uint8Array.from({ length: SIDE * SIDE }, (_, index) => {
      const [row, column] = [Math.floor(index / SIDE), index % SIDE];
      return 128 + 60 * Math.sin((row * (1 + seed)) / 4 + (column * (4 - seed)) / 5);
    }),
};
const OF_KIND = 4;
const ODD = OF_KIND * Object.keys(kinds).length;

/** Of the digits, then of every kind of odd images. */
let statistics: ImageStatistics;

beforeAll(async () => {
  const { test } = await openDataset('mnist');
  const digits = eightBit(readAll(subset(test, evenlySpread(DIGITS, test.count))));
  const odd = Object.values(kinds).flatMap((kind) =>
    Array.from({ length: OF_KIND }, (_, seed) => kind(seed)),
  );
  const pixels = Uint8Array.from(Buffer.concat([digits, ...odd]));
  await using model = await loadModel('models/mnist-small', { threads: 1 });
  ({ statistics } = await measureStatistics(model, imagesInMemory(pixels, [SIDE, SIDE, 1]), {
    draws: 1,
    seed: 0,
  }));
});

const digitsFrom = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, index) => first + index);
const planted = (...places: readonly [kind: string, seed: number][]): number[] =>
  places.map(([kind, seed]) => DIGITS + OF_KIND * Object.keys(kinds).indexOf(kind) + seed);

describe('odd images among 100 validation images', () => {
  it.each([
    [1, planted(['dark', 0])],
    [1, planted(['noise', 0])],
    [3, planted(['noise', 0], ['dark', 0], ['texture', 0])],
    [5, planted(['noise', 0], ['noise', 1], ['dark', 0], ['dark', 1], ['texture', 0])],
    [5, planted(['dark', 0], ['dark', 0], ['dark', 0], ['dark', 1], ['dark', 1])],
  ])('%i of them rank first, with others of their kinds, %j', (count, odd) => {
    const reference = statisticsAt(statistics, [...digitsFrom(0, REFERENCES - count), ...odd]);
    const images = digitsFrom(0, DIGITS + ODD);
    const { values, pValues } = fitted('typicality', reference).judge(statisticsAt(statistics, images));
    const ranked = images.toSorted((a, b) => values[b]! - values[a]!);
    expect(ranked.slice(0, ODD).toSorted((a, b) => a - b)).toEqual(images.slice(DIGITS));
    // Images like them are among the validation images: as odd as few of these, but not odder than all.
    for (const image of odd) {
      expect(pValues![image]).toBeLessThan((count + 2) / REFERENCES);
    }
  });
});

it('compares a copy of a reference image with the others, as if it had not been there', () => {
  const { judge } = fitted('complexity', statisticsAt(statistics, [1, 5, 2, 5, 3]));
  const without = fitted('complexity', statisticsAt(statistics, [1, 2, 3]));
  const images = statisticsAt(statistics, [5]);
  expect(judge(images)).toEqual(without.judge(images));
});

it('leaves out of each fit all copies of the images that it scores', () => {
  const [dark] = planted(['dark', 0]);
  const reference = (copies: number) =>
    statisticsAt(statistics, [...digitsFrom(0, 60), ...new Array<number>(copies).fill(dark!)]);
  const score = (copies: number): number =>
    fitted('typicality', reference(copies)).judge(statisticsAt(statistics, [dark!])).values[0]!;
  // Without its fold, which has six or seven more images.
  expect(score(6) / score(1)).toBeCloseTo(1, 1);
});

it('scores reference images that are all copies of one', () => {
  const { judge, reference } = fitted('bits', statisticsAt(statistics, new Array<number>(12).fill(4)));
  expect(reference).toHaveLength(12);
  expect(judge(statisticsAt(statistics, [4])).pValues![0]).toBe(1);
});
