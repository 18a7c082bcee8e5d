import { describe, expect, it } from 'vitest';
import { holm, overSeeds, pairedDifferences, studentQuantile, studentTest } from './seedStatistics.ts';

describe('studentQuantile', () => {
  it.each([
    [1, 12.7062047],
    [2, 4.3026527],
    [3, 3.1824463],
    [4, 2.7764451],
    [5, 2.5705818],
    [9, 2.2621572],
    [10, 2.2281389],
    [30, 2.0422725],
  ])('has the tabulated value at 97.5 %% with %i degrees of freedom', (degrees, value) => {
    expect(studentQuantile(0.975, degrees)).toBeCloseTo(value, 6);
  });

  it('has the tabulated values at other probabilities', () => {
    expect(studentQuantile(0.95, 2)).toBeCloseTo(2.9199856, 6);
    expect(studentQuantile(0.995, 3)).toBeCloseTo(5.8409093, 6);
    expect(studentQuantile(0.5, 4)).toBeCloseTo(0, 6);
  });
});

describe('overSeeds', () => {
  it('computes the deviation over seeds from their means and that over images from theirs', () => {
    // Means of the seeds 2, 3 and 4; means of the images 1 and 5.
    const result = overSeeds([
      [0, 4],
      [1, 5],
      [2, 6],
    ]);
    expect(result.mean).toBe(3);
    expect(result.seeds).toBe(3);
    expect(result.seedDeviation).toBeCloseTo(1, 12);
    expect(result.seedInterval).toBeCloseTo(4.3026527 / Math.sqrt(3), 6);
    // s = √8 over two images, s/√2.
    expect(result.imageError).toBeCloseTo(2, 12);
  });

  it('does not let more seeds with the same values lower the error over images', () => {
    const single = overSeeds([[1, 2, 4, 9]]);
    const many = overSeeds(Array.from({ length: 6 }, () => [1, 2, 4, 9]));
    expect(many.imageError).toBeCloseTo(single.imageError!, 12);
    expect(many.seedInterval).toBe(0);
  });

  it('has no error over seeds with one seed, nor over images with one image', () => {
    expect(overSeeds([[1, 2]])).toMatchObject({ seedDeviation: null, seedInterval: null });
    expect(overSeeds([[1], [2]]).imageError).toBeNull();
  });
});

describe('studentTest', () => {
  it('has the p value of the closed form for three seeds, 1 − t/√(t² + 2)', () => {
    expect(studentTest({ mean: -3, seeds: 3, seedDeviation: Math.sqrt(3) })).toBeCloseTo(
      1 - 3 / Math.sqrt(11),
      12,
    );
  });

  it('has none for one seed, and 1 for no difference at all', () => {
    expect(studentTest({ mean: 9, seeds: 1, seedDeviation: null })).toBeNull();
    expect(studentTest({ mean: 0, seeds: 3, seedDeviation: 0 })).toBe(1);
  });
});

describe('holm', () => {
  it.each([
    [[0.01], [0.01]],
    [
      [0.03, 0.01],
      [0.03, 0.02],
    ],
    // The second is not below the first.
    [
      [0.026, 0.03],
      [0.052, 0.052],
    ],
    [
      [0.2, null, 0.01, 0.9],
      [0.4, null, 0.03, 0.9],
    ],
    [
      [0.7, 0.8],
      [1, 1],
    ],
  ])('corrects %j to %j', (pValues, corrected) => {
    holm(pValues).forEach((p, index) => {
      const expected = corrected[index];
      expect(p).toEqual(expected == null ? null : expect.closeTo(expected, 12));
    });
  });
});

describe('pairedDifferences', () => {
  it('removes what is common to both, image by image and seed by seed', () => {
    const baseline = [
      [10, 90],
      [20, 100],
    ];
    const differences = pairedDifferences(
      [
        [9, 88],
        [19, 98],
      ],
      baseline,
    );
    expect(differences.map((values) => [...values])).toEqual([
      [-1, -2],
      [-1, -2],
    ]);
    const { mean, seedDeviation, imageError } = overSeeds(differences);
    expect([mean, seedDeviation]).toEqual([-1.5, 0]);
    expect(imageError).toBeCloseTo(0.5, 12);
  });

  it('refuses values that cannot be paired', () => {
    expect(() => pairedDifferences([[1]], [[1], [2]])).toThrow('1 seeds cannot be paired with 2');
    expect(() => pairedDifferences([[1, 2]], [[1]])).toThrow('2 images cannot be paired with 1');
  });
});
