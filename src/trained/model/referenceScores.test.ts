// Scores from a file: every version is read, and damaged ones are refused in one line.
import { describe, expect, it } from 'vitest';
import { problemInScores } from './referenceScores.ts';

const earlier = { data: 'mnist', draws: 4, seed: 0, fingerprint: 'f', bitsPerDim: [1, 2, 3] };
const images = { bits: [3, 1, 2], code: [4, 4, 5] };
const places = { images: 3, side: 3, mean: [1, 2], deviation: [1, 1] };
const withStatistics = (statistics: unknown) => ({ ...earlier, statistics });

describe('scores', () => {
  it.each([
    earlier,
    withStatistics({ images }),
    withStatistics({ images, places }),
    // Of a later version.
    { ...withStatistics({ images: { ...images, more: [1, 1, 1] }, places }), more: 1 },
  ])('are sound: %j', (scores) => {
    expect(problemInScores(scores)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [null, 'it is not an object'],
    [{ ...earlier, data: 1 }, 'it does not name its data and its model'],
    ...[{ draws: 0 }, { draws: 1e9 }, { draws: 1.5 }, { seed: -1 }].map((wrong): [unknown, string] => [
      { ...earlier, ...wrong },
      'its draws or its seed are not whole numbers (draws: at most 4096)',
    ]),
    [{ ...earlier, bitsPerDim: [2, 1] }, 'its bitsPerDim are not ascending numbers'],
    [{ ...earlier, bitsPerDim: [1, null] }, 'its bitsPerDim are not ascending numbers'],
    ...[
      null,
      3,
      {},
      { images: { code: [1, 2, 3] } },
      { images: { ...images, code: [1, 2] } },
      { images: { ...images, code: [1, 2, 'x'] } },
      { images, places: 1 },
      { images, places: { ...places, side: 2 } },
      { images, places: { ...places, side: -1 } },
      { images, places: { ...places, images: -1 } },
      { images, places: { ...places, deviation: [1] } },
      { images, places: { ...places, mean: [1, null] } },
    ].map((statistics): [unknown, string] => [
      withStatistics(statistics),
      'its statistics are not numbers about 3 images',
    ]),
  ])('are damaged: %j', (scores, problem) => {
    expect(problemInScores(scores)).toBe(problem);
  });
});
