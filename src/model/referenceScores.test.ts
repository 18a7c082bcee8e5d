// Scores from a file: sound ones are read, and damaged ones are refused in one line.
import { describe, expect, it } from 'vitest';
import { parseScores, readReference } from './referenceScores.ts';

const sound = {
  data: 'mnist',
  draws: 4,
  seed: 0,
  fingerprint: 'f',
  statistics: { bits: [3, 1, 2], code: [4, 4, 5] },
};
const places = { images: 3, side: 3, mean: [1, 2], deviation: [1, 1] };

describe('scores', () => {
  it.each([sound, { ...sound, places }])('are sound: %j', (scores) => {
    expect(parseScores(JSON.stringify(scores), 'scores.json')).toEqual(scores);
  });

  it('belong only to the model', () => {
    expect(readReference(JSON.stringify(sound), { fingerprint: 'f' })).toEqual(sound);
    expect(readReference(JSON.stringify(sound), { fingerprint: 'other' })).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{ ...sound, data: 1 }, 'it does not name its data and its model'],
    ...[{ draws: 0 }, { draws: 1e9 }, { draws: 1.5 }, { seed: -1 }].map((wrong): [unknown, string] => [
      { ...sound, ...wrong },
      'its draws or its seed are not whole numbers (draws: at most 256)',
    ]),
    ...[
      undefined,
      null,
      3,
      {},
      { bits: [] },
      { code: [1, 2, 3] },
      { bits: [1, 2, 3], code: [1, 2] },
      { bits: [1, 2, 3], code: [1, 2, 'x'] },
      { bits: [1, null] },
    ].map((statistics): [unknown, string] => [
      { ...sound, statistics },
      'its statistics are not lists of finite numbers, one for each image, with bits among them',
    ]),
    ...[
      null,
      1,
      { ...places, side: 2 },
      { ...places, side: -1 },
      { ...places, images: -1 },
      { ...places, deviation: [1] },
      { ...places, mean: [1, null] },
    ].map((wrong): [unknown, string] => [
      { ...sound, places: wrong },
      'its places are not a mean and a deviation of each place',
    ]),
  ])('are damaged: %j', (scores, problem) => {
    expect(() => parseScores(JSON.stringify(scores), 'run/scores.json')).toThrow(
      `run/scores.json: ${problem}; delete it`,
    );
  });
});
