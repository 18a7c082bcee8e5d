// Weights of samples: the effective sample size, the Metropolis chain, and means that correct a wrong model.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../core/numeric/random.ts';
import { mean } from '../../core/numeric/statistics.ts';
import { Glow } from '../../flows/models/glow.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { trainedModel } from '../../model/trainedModel.ts';
import { newGuard } from '../../runs/contents/guardState.ts';
import { multiply, sumPerImage } from '../../tensor/operations/index.ts';
import { effectiveSampleSize, metropolisChain, weighSamples } from './weightedSamples.ts';

describe('the effective sample size', () => {
  it('is 1 for equal weights, 1/N for a single one, and does not depend on their unit', () => {
    expect(effectiveSampleSize(Float64Array.of(-5, -5, -5))).toBeCloseTo(1, 12);
    expect(effectiveSampleSize(Float64Array.of(0, -1000, -1000, -1000))).toBeCloseTo(0.25, 12);
    const weights = Float64Array.of(0.1, 2, 0.7);
    const expected = 2.8 ** 2 / (3 * (0.01 + 4 + 0.49));
    for (const offset of [-1e5, 0, 1e5]) {
      const logs = weights.map((weight) => Math.log(weight) + offset);
      expect(effectiveSampleSize(logs)).toBeCloseTo(expected, 6);
    }
  });
});

it('weights that are not finite, or all 0, are refused; some may be 0', () => {
  const [nan, none] = [Float64Array.of(0, Number.NaN, 1), new Float64Array(3).fill(Number.NEGATIVE_INFINITY)];
  for (const use of [effectiveSampleSize, metropolisChain]) {
    expect(() => use(nan)).toThrow('ln w of sample 1 is NaN: check that the action is finite');
    expect(() => use(Float64Array.of(0, Number.POSITIVE_INFINITY))).toThrow('ln w of sample 1 is Infinity');
    expect(() => use(none)).toThrow('none of 3 weights is above 0');
    expect(() => use(new Float64Array())).toThrow('none of 0 weights is above 0');
  }
  const some = Float64Array.of(Number.NEGATIVE_INFINITY, 0, 0, Number.NEGATIVE_INFINITY);
  expect(effectiveSampleSize(some)).toBe(0.5);
  expect([...metropolisChain(some).states]).toEqual([0, 1, 2, 2]);
});

describe('the Metropolis chain', () => {
  it('visits values as often as their weights say', () => {
    // Proposals of three kinds, equally often, with weights 1, 2 and 5.
    const random = new RandomStream(8);
    const kinds = Array.from({ length: 60_000 }, () => random.integer(3));
    const logWeights = Float64Array.from(kinds, (kind) => Math.log([1, 2, 5][kind]!));
    const { states, acceptance } = metropolisChain(logWeights, { seed: 3 });
    const shares = [0, 1, 2].map((kind) =>
      mean(Array.from(states, (state) => (kinds[state] === kind ? 1 : 0))),
    );
    [1 / 8, 2 / 8, 5 / 8].forEach((share, kind) => {
      expect(Math.abs(shares[kind]! - share)).toBeLessThan(0.015);
    });
    // Σᵢⱼ pᵢ·min(1, wⱼ/wᵢ)/3.
    const expected = 1 / 8 + (2 / 8) * ((0.5 + 2) / 3) + (5 / 8) * ((0.2 + 0.4 + 1) / 3);
    expect(Math.abs(acceptance - expected)).toBeLessThan(0.01);
  });

  it('stays where nothing is accepted, and begins with the first sample', () => {
    const { states, acceptance } = metropolisChain(Float64Array.of(0, -1e9, -1e9));
    expect([...states]).toEqual([0, 0, 0]);
    expect(acceptance).toBe(0);
  });
});

describe('weighted samples', () => {
  const model = new Glow([2, 2, 1], {
    levels: 1,
    depth: 1,
    conditioner: { width: 4 },
    mixing: '1x1',
    continuous: { mean: [0], deviation: [2] },
  });
  const layout = new ParameterLayout(model.parameters);
  const state = { step: 0, updates: 0, guard: newGuard(0), weights: layout.initial(0), average: {} };

  it('correct the density of a model, with the normaliser of the action', async () => {
    await using flow = new FlowModel(trainedModel(model, state), { threads: 1 });
    // N(0, 1.5²) in each value; the model is wider.
    const variance = 1.5 ** 2;
    const {
      samples,
      logWeights,
      effectiveSampleSize: share,
      logNormaliser,
    } = await weighSamples(flow, (x) => multiply(sumPerImage(multiply(x, x)), 1 / (2 * variance)), {
      count: 20_000,
      seed: 2,
    });
    const weights = logWeights.map((log) => Math.exp(log - logNormaliser));
    expect(mean(weights)).toBeCloseTo(1, 9);
    expect(logNormaliser).toBeCloseTo(2 * Math.log(2 * Math.PI * variance), 1);
    const squares = Array.from(weights, (weight, index) => weight * samples[4 * index]! ** 2);
    expect(mean(squares)).toBeCloseTo(variance, 0);
    expect(Math.abs(mean(squares) - variance)).toBeLessThan(0.1);
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.95);
  });

  it('need a model of real numbers, and samples', async () => {
    const integers = new Glow([2, 2, 1], { levels: 1, depth: 1, conditioner: { width: 4 }, mixing: '1x1' });
    await using flow = new FlowModel(trainedModel(integers, state), { threads: 1 });
    await expect(weighSamples(flow, (x) => sumPerImage(x), { count: 2 })).rejects.toThrow(
      'an action takes real numbers, but the model is for integers',
    );
    await using real = new FlowModel(trainedModel(model, state), { threads: 1 });
    await expect(weighSamples(real, (x) => sumPerImage(x), { count: 0 })).rejects.toThrow('count must be');
  });
});
