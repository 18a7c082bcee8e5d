// Posteriors on a grid, of likelihoods whose posterior is known.
import { expect, it } from 'vitest';
import { gridPosterior, type Posterior } from './gridPosterior.ts';

/** The posteriors of numbers between −1 and 1, and at how many points the likelihood was computed. */
async function posteriors(
  names: readonly string[],
  logLikelihood: (numbers: readonly number[]) => number,
): Promise<{ found: Posterior[]; points: number }> {
  let points = 0;
  const posteriorList = await gridPosterior(
    names,
    names.map(() => [-1, 1] as const),
    async (columns) => {
      points += columns[0]!.length;
      return columns[0]!.map((_, point) => logLikelihood(columns.map((column) => column[point]!)));
    },
  );
  return { found: posteriorList, points };
}

it.each([
  [1, 0.02, 600],
  [2, 0.01, 20_000],
  [3, 0.01, 25_000],
  [4, 0.02, 150_000],
])('%i normal numbers have their mean, deviation %d and quantiles', async (count, deviation, maxPoints) => {
  const truth = [0.31, -0.47, 0.12, 0.55].slice(0, count);
  const { found: results, points } = await posteriors(['a', 'b', 'c', 'd'].slice(0, count), (numbers) =>
    numbers.reduce((sum, value, axis) => sum - 0.5 * ((value - truth[axis]!) / deviation) ** 2, 0),
  );
  for (const [axis, posterior] of results.entries()) {
    expect(posterior.isResolved).toBe(true);
    expect(Math.abs(posterior.mean - truth[axis]!)).toBeLessThan(0.001 * deviation);
    expect(Math.abs(posterior.deviation / deviation - 1)).toBeLessThan(0.001);
    const error = posterior.quantile(0.05) - (truth[axis]! - 1.6449 * deviation);
    expect(Math.abs(error)).toBeLessThan(0.15 * deviation);
  }
  expect(points).toBeLessThan(maxPoints);
});

it.each([
  [0.9, true],
  [0.999, false],
])('two numbers with a correlation of %d are resolved: %s', async (correlation, isResolved) => {
  const [centres, deviations] = [
    [0.1, -0.07],
    [0.02, 0.013],
  ];
  const { found: results } = await posteriors(['a', 'b'], (numbers) => {
    const [x, y] = numbers.map((value, axis) => (value - centres[axis]!) / deviations[axis]!) as [
      number,
      number,
    ];
    return (-0.5 * (x * x - 2 * correlation * x * y + y * y)) / (1 - correlation ** 2);
  });
  for (const [axis, posterior] of results.entries()) {
    expect(posterior.isResolved).toBe(isResolved);
    if (isResolved) {
      expect(Math.abs(posterior.mean - centres[axis]!)).toBeLessThan(0.01 * deviations[axis]!);
      expect(Math.abs(posterior.deviation / deviations[axis]! - 1)).toBeLessThan(0.01);
    }
  }
});

it('independent numbers are resolved wherever they are', async () => {
  for (let offset = 0; offset < 12; offset++) {
    const centres = [0.31, -0.47, 0.12, 0.55].map((centre) => centre + 0.013 * offset);
    const { found: results } = await posteriors(['a', 'b', 'c', 'd'], (numbers) =>
      numbers.reduce((sum, value, axis) => sum - 0.5 * ((value - centres[axis]!) / 0.02) ** 2, 0),
    );
    expect(results.map(({ isResolved }) => isResolved)).toEqual([true, true, true, true]);
  }
});

it('two narrow modes far apart are both kept', async () => {
  const mode = (value: number, centre: number): number => Math.exp(-0.5 * ((value - centre) / 1e-3) ** 2);
  const { found: results } = await posteriors(['a'], ([a]) =>
    Math.log(mode(a!, 0.8) + mode(a!, -0.8) + 1e-300),
  );
  expect(results[0]!.mean).toBeCloseTo(0, 2);
  expect(results[0]!.deviation).toBeCloseTo(0.8, 2);
  expect(results[0]!.isResolved).toBe(false);
});

it('a likelihood that is not finite is an error that names the point, unless it is zero there', async () => {
  await expect(posteriors(['a'], ([a]) => (a! > 0.9 ? Number.NaN : 0))).rejects.toThrow(
    /^the log-likelihood is NaN at a = 0\.90\d+: choose a smaller range$/,
  );
  const { found: results } = await posteriors(['a'], ([a]) => (a! > 0 ? Number.NEGATIVE_INFINITY : 0));
  expect(results[0]!.mean).toBeCloseTo(-0.5, 6);
  await expect(posteriors(['a'], () => Number.NEGATIVE_INFINITY)).rejects.toThrow(
    'the log-likelihood is -Infinity at a = ',
  );
});
