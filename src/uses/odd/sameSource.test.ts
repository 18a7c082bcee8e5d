// Sets of images: false alarms at the stated rate, and the kind of a shift.
import { expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import type { ImageStatistics } from '../../model/referenceScores.ts';
import { compareSources, FALSE_ALARMS } from './sameSource.ts';

type Scored = Pick<ReturnType<typeof set>, 'statistics'> & { readonly values: Float64Array | undefined };
const sameSource = (scored: Scored, reference: Scored) =>
  compareSources(scored.statistics, reference.statistics)(scored.values, reference.values);

function set(count: number, seed: number, { brightness = 0, bits = 0 } = {}) {
  const random = new RandomStream(seed);
  const normals = (shift = 0) => Float64Array.from(random.normals(count), (value) => value + shift);
  const bitsValues = normals(bits);
  const statistics: ImageStatistics = {
    bits: bitsValues,
    brightness: normals(brightness),
    contrast: normals(),
    noise: normals(),
    sharpness: normals(),
    greyLevels: normals().map(Math.round),
    direction: normals(),
    colour: normals(),
  };
  return { statistics, values: bitsValues.map(Math.abs) };
}

it('takes few sets from the same source for others', () => {
  const alarms = Array.from({ length: 150 }, (_, seed) =>
    sameSource(set(20, seed), set(60, 1000 + seed)),
  ).filter((comparison) => !comparison!.same).length;
  // At most 1.5 expected; 8 or more have a probability of one in ten thousand.
  expect(FALSE_ALARMS).toBe(0.01);
  expect(alarms).toBeLessThan(8);
});

it('names what differs', () => {
  const reference = set(300, 1);
  expect(sameSource(set(60, 2, { brightness: -1 }), reference)).toMatchObject({
    same: false,
    shifts: [{ statistic: 'brightness', text: 'darker' }],
  });
  expect(sameSource(set(60, 2, { brightness: 1 }), reference)!.shifts[0]!.text).toBe('brighter');
  expect(sameSource(set(60, 2, { bits: 1 }), reference)).toMatchObject({ same: false, shifts: [] });
});

it('compares only bits with a reference that has nothing else, and no set of fewer than 10', () => {
  const reference = { statistics: { bits: set(300, 1).statistics.bits! }, values: undefined };
  expect(sameSource(set(60, 2), reference)!.same).toBe(true);
  expect(sameSource(set(60, 2, { bits: 1 }), reference)!.same).toBe(false);
  expect(sameSource(set(9, 2), reference)).toBeUndefined();
  const broken = set(60, 2);
  expect(
    sameSource(
      { ...broken, statistics: { ...broken.statistics, bits: new Float64Array(60).fill(Number.NaN) } },
      reference,
    )!.same,
  ).toBe(false);
});
