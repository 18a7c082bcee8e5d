import { describe, expect, it } from 'vitest';
import { compareVariants, type MeasuredDataset, type MeasuredSeed, valueAtStep } from './compare.ts';

const curve = [10, 20, 40].map((step, index) => ({ step, bitsPerDim: [4, 3, 1][index]! }));

describe('valueAtStep', () => {
  it('returns the points exactly', () => {
    expect([10, 20, 40].map((step) => valueAtStep(curve, step))).toEqual([4, 3, 1]);
    expect(valueAtStep(curve, 40 * (1 + 1e-12))).toBe(1);
  });

  it('is linear in the logarithm of the step between them', () => {
    expect(valueAtStep(curve, Math.sqrt(10 * 20))).toBeCloseTo(3.5, 12);
    expect(valueAtStep(curve, 20 * 2 ** 0.25)).toBeCloseTo(2.5, 12);
  });

  it('is null where nothing was measured', () => {
    expect(valueAtStep(curve, 9.9)).toBeNull();
    expect(valueAtStep(curve, 40.1)).toBeNull();
    expect(valueAtStep([], 1)).toBeNull();
    const broken = [...curve, { step: 80, bitsPerDim: Number.NaN }];
    expect(valueAtStep(broken, 60)).toBeNull();
  });
});

describe('compareVariants', () => {
  const seed = (number: number, perImage: [number, number], values: [number, number]): MeasuredSeed => ({
    ...{ seed: number, droppedSteps: 0, rollbacks: 0, perImage },
    curve: values.map((bitsPerDim, index) => ({ step: 10 * (index + 1), bitsPerDim })),
  });
  const failed = (number: number): MeasuredSeed => ({
    ...{ seed: number, droppedSteps: 0, rollbacks: 0, curve: [], failure: 'diverged' },
  });
  const about = { parameters: 7, learningRate: 0.01, tried: [], sampling: null };
  const dataset = (slow: number): MeasuredDataset => ({
    ...{ dataset: 'mnist', source: 'mnist', split: 'test', images: 2, steps: 20, searchSteps: 5 },
    variants: [
      {
        ...{ variant: '1x1', ...about, secondsPerStep: 1 },
        seeds: [seed(0, [5, 3], [6, 4]), seed(1, [6, 4], [7, 5]), seed(2, [9, 9], [9, 9])],
      },
      {
        ...{ variant: 'emerging', ...about, secondsPerStep: slow },
        seeds: [seed(0, [4, 3], [5, 3]), seed(1, [4, 4], [5, 4]), failed(2)],
      },
    ],
  });

  it('pairs the seeds that both have, at equal steps and at equal time', () => {
    const [{ equalSeconds, variants }] = compareVariants([dataset(2)]) as [
      ReturnType<typeof compareVariants>[0],
    ];
    const [first, second] = variants as [(typeof variants)[0], (typeof variants)[0]];
    expect(equalSeconds).toBe(20);
    expect(first).toMatchObject({ equalSteps: { mean: 6, seeds: 3 }, differenceAtEqualSteps: null });
    expect(second.differenceAtEqualSteps).toMatchObject({ mean: -0.75, seeds: 2, values: [-0.5, -1] });
    // After 20 s the slower one has done 10 steps.
    expect(second.equalTime).toMatchObject({ mean: 5, seeds: 2 });
    expect(second.differenceAtEqualTime).toMatchObject({ mean: 0.5, values: [1, 0] });
    expect(second.differenceCurve.map(({ step, mean }) => [step, mean])).toEqual([
      [10, -1.5],
      [20, -1],
    ]);
  });

  it('has no value at a time before the first validation', () => {
    const [{ variants }] = compareVariants([dataset(3)]) as [ReturnType<typeof compareVariants>[0]];
    expect(variants[1]).toMatchObject({ equalTime: null, differenceAtEqualTime: null });
  });

  it('leaves out differences of validations that overflowed', () => {
    const { variants, ...about } = dataset(1);
    const [base, other] = variants as [(typeof variants)[0], (typeof variants)[0]];
    const overflowed = { ...other, seeds: [seed(0, [4, 3], [Number.NaN, 3]), ...other.seeds.slice(1)] };
    const [{ variants: compared }] = compareVariants([{ ...about, variants: [base, overflowed] }]) as [
      ReturnType<typeof compareVariants>[0],
    ];
    expect(compared[1]!.differenceCurve).toEqual([expect.objectContaining({ step: 20, mean: -1 })]);
  });

  it('corrects the tests of all datasets and tables together', () => {
    const tests = compareVariants([dataset(2), dataset(1)]).flatMap(({ variants }) => [
      variants[1]!.differenceAtEqualSteps!,
      variants[1]!.differenceAtEqualTime!,
    ]);
    tests.sort((a, b) => a.p! - b.p!);
    let corrected = 0;
    for (const [rank, { p, pHolm }] of tests.entries()) {
      corrected = Math.max(corrected, Math.min(1, p! * (4 - rank)));
      expect(pHolm).toBeCloseTo(corrected, 12);
    }
    expect(tests[1]!.pHolm).toBeGreaterThan(tests[1]!.p!);
  });
});
