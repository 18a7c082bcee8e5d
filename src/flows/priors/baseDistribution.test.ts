// Base distributions: densities and samples agree for the library's, and the check finds those that do not.
import { describe, expect, it } from 'vitest';
import { add, divide, log, multiply, split } from '../../tensor/operations/index.ts';
import { input, type Tensor } from '../../tensor/tensor.ts';
import { asConstants, runOnce } from '../../testing/programValues.ts';
import { check } from '../checks/check.ts';
import {
  filledParameter,
  type Parameters as LayerParameters,
  parametersFrom,
} from '../contract/parameters.ts';
import { contextImages } from '../coupling/parts.ts';
import { squeeze } from '../layers/squeeze.ts';
import { stageFrom } from '../models/stages.ts';
import { type BaseDistribution, gaussian } from './baseDistribution.ts';
import { gaussianMixture } from './gaussianMixture.ts';
import { split as splitPrior, topPrior } from './prior.ts';
import { studentT } from './studentT.ts';

/** The ratio of two normal numbers. */
const cauchy: BaseDistribution = {
  name: 'cauchy',
  energy: (epsilon) => log(add(1, multiply(epsilon, epsilon))),
  logNormaliser: Math.log(Math.PI),
  draws: 2,
  sample(normal) {
    const channels = normal.shape[3]! / 2;
    const [first, second] = split(normal, 3, [channels, channels]) as [Tensor, Tensor];
    return divide(first, second);
  },
};

const bases: [string, BaseDistribution][] = [
  ['gaussian', gaussian],
  ['a Cauchy distribution of a user', cauchy],
  ['student-t, 1 degree', studentT({ degreesOfFreedom: 1 })],
  ['student-t', studentT()],
  ['student-t, 7 degrees', studentT({ degreesOfFreedom: 7 })],
  ['student-t, 200 degrees', studentT({ degreesOfFreedom: 200 })],
  ['gaussian-mixture', gaussianMixture()],
  ['gaussian-mixture of 2', gaussianMixture({ components: 2 })],
  ['gaussian-mixture of 8', gaussianMixture({ components: 8 })],
];

/** A mixture whose parameters can't be drawn. */
const withoutStart: BaseDistribution = {
  ...gaussianMixture(),
  parameters: () => ({
    logits: {
      ...filledParameter([3, 2], 0),
      initial: () => {
        throw new Error('no start');
      },
    },
  }),
};

describe('check, of base distributions', () => {
  it.each(bases)('accepts %s', async (_, base) => {
    const { problems } = await check(base);
    expect(problems).toEqual([]);
  });

  it.each<[string, BaseDistribution, string]>([
    [
      'samples of another distribution',
      { ...cauchy, sample: gaussian.sample, draws: 1 },
      'distance of the samples',
    ],
    ['a wrong normaliser', { ...cauchy, logNormaliser: 1 }, 'integral of the density'],
    [
      'the same noise for all channels',
      { ...gaussian, sample: (x) => add(multiply(x, 0), split(x, 3, [1, 1])[0]!) },
      'correlation',
    ],
    [
      'a wrong distribution function',
      { ...studentT(), distribution: gaussian.distribution! },
      'distribution function',
    ],
    [
      'a sampler that fails',
      {
        ...gaussian,
        sample: () => {
          throw new Error('no sampler');
        },
      },
      'samples: no sampler',
    ],
    ['parameters without a start', withoutStart, 'parameters: no start'],
  ])('finds %s', async (_, base, subject) => {
    const { problems } = await check(base);
    expect(problems.map((problem) => problem.what).join()).toContain(subject);
  });
});

describe('check, of stages', () => {
  it.each(bases.filter((_, index) => [1, 3, 6].includes(index)))(
    'accepts splits and top priors with %s',
    async (_, base) => {
      const context = contextImages(2);
      for (const stage of [
        splitPrior([2, 3, 4], { base }),
        splitPrior([2, 3, 4], { base, context }),
        topPrior([2, 3, 2], { base, learnedPrior: false }),
        topPrior([2, 3, 2], { base, classes: 3, context }),
      ]) {
        expect((await check(stage)).problems).toEqual([]);
      }
    },
  );

  it('accepts a layer, and priors with classes', async () => {
    for (const stage of [
      stageFrom(squeeze([4, 2, 1])),
      topPrior([3, 2, 3], { classes: 4 }),
      topPrior([2, 3, 1], { classes: 2, boundary: 'periodic', context: contextImages(1) }),
    ]) {
      expect((await check(stage)).problems).toEqual([]);
    }
  });

  it('finds a density other than that given by the base distribution', async () => {
    const top = topPrior([2, 2, 1]);
    const wrong = {
      ...top,
      forward: (z: Tensor, p: LayerParameters) => ({
        ...topPrior([2, 2, 1], { base: cauchy }).forward(z, p),
      }),
    };
    const { problems } = await check(wrong);
    expect(problems.map(({ what: check }) => check)).toEqual(
      [0, 1, 2].map((image) => `logDet of image ${image} against its Jacobian`),
    );
  });

  it('reports parameters without a start', async () => {
    const { problems } = await check(topPrior([1, 1, 2], { base: withoutStart }));
    expect(problems.map((problem) => problem.what)).toEqual([
      'start values: no start',
      'parameters: no start',
    ]);
  });

  it('is for priors that can be sampled', () => {
    const { base: _, ...without } = topPrior([2, 2, 1]);
    expect(() => stageFrom(without as ReturnType<typeof topPrior>)).toThrow(
      'the top prior has no base distribution to sample from: give it a base with energy and sample',
    );
  });
});

it.each([0, 1.5, 1001])('student-t refuses %d degrees of freedom', (degreesOfFreedom) => {
  expect(() => studentT({ degreesOfFreedom })).toThrow('student-t: degreesOfFreedom must be');
});

it('a mixture has the energy of its widest Gaussian far out, in float32', async () => {
  const row = (...data: number[]) => ({ shape: [3, 1], data: Float64Array.from(data) });
  const parameters = { logits: row(0, 0, 0), means: row(-1, 0, 1), logDeviations: row(-5, -3, 0.3) };
  const far = Float64Array.of(1e4, -1.9e4, 1e9, -1.1e15);
  const epsilon = input('epsilon', [far.length, 1, 1, 1]);
  const energy = gaussianMixture().energy(epsilon, parametersFrom(asConstants(parameters)));
  const feeds = { epsilon: { shape: epsilon.shape, data: far } };
  const result = await runOnce({ inputs: { epsilon }, outputs: { energy } }, feeds, 'float32');
  far.forEach((value, index) => {
    const expected = 0.5 * ((value - 1) / Math.exp(0.3)) ** 2;
    expect(result.energy!.data[index]! / expected).toBeCloseTo(1, 5);
  });
});

it.each([1, 2.5, 65])('a mixture refuses %d components', (components) => {
  expect(() => gaussianMixture({ components })).toThrow('gaussian-mixture: components must be');
});
