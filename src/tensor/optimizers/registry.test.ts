// Every optimiser: names and defaults, and that its loop computes the same as its ONNX model.
import { describe, expect, it } from 'vitest';
import type { NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { compileLoop } from '../engine/loop.ts';
import { compile } from '../engine/program.ts';
import { adamax } from './adamax.ts';
import { averageShare, withAverage } from './average.ts';
import { elementwisePrograms, updateProgram } from './programs.ts';
import { configuredOptimizer, optimizers } from './registry.ts';

const STEPS_PER_EPOCH = 20;

const configured = (name: string) =>
  configuredOptimizer({ optimizer: name, learningRate: 0.01 }, STEPS_PER_EPOCH);

describe.each(optimizers.names)('%s', (name) => {
  it('has its registered name and the moments that checkpoints expect', () => {
    const kinds = optimizers.find(name).rules.map((rule) => ({ name: rule.name, moments: rule.moments }));
    expect(configured(name)).toMatchObject({ name, rules: kinds });
  });

  const single = configured(name).rules.filter(({ direction }) => !direction);
  const cases = single.flatMap((rule) => [1, 7, 20_001].map((length) => [rule.name, length, rule] as const));
  it.each(cases)(
    'computes in a loop what ONNX Runtime computes, bit for bit, by %s for %i weights',
    async (_, length, rule) => {
      const random = new RandomStream(0, name, length);
      const vector = (draw: () => number): NdArray => ({
        shape: [length],
        data: Float32Array.from({ length }, draw),
      });
      const optimizer = configured(name);
      const definition = withAverage(updateProgram(optimizer, [{ rule, item: [], count: length }]));
      const program = await compile(definition, { threads: 1 });
      const [elementwise] = elementwisePrograms(optimizer, rule);
      const loop = await compileLoop(withAverage(elementwise!), { all: length });
      const vectors = loop.setVectors('all');
      const decays = rule.decays ? { decays: vector(() => random.integer(2)) } : {};
      const zeros = [...rule.moments, 'average'].map((kind) => [kind, vector(() => 0)]);
      let state: Record<string, NdArray> = {
        weights: vector(() => random.normal()),
        ...Object.fromEntries(zeros),
      };
      for (const [kind, { data }] of Object.entries({ ...state, ...decays })) {
        vectors[kind]!.set(data);
      }
      for (let t = 1; t <= 5; t++) {
        // Widely varying magnitudes, so that moments and weights round in many ways.
        const gradients = vector(() => random.normal() * 10 ** (random.integer(12) - 8));
        const scalars = { ...optimizer.scalars(t, 0.01 * t), share: averageShare(t, 0.9) };
        const feeds = Object.entries(scalars).map(([scalar, value]) => [
          scalar,
          { shape: [], data: Float32Array.of(value) },
        ]);
        state = await program.run({ ...state, ...decays, gradients, ...Object.fromEntries(feeds) });
        vectors.gradients!.set(gradients.data);
        loop.run('all', scalars);
        for (const [kind, { data }] of Object.entries(state)) {
          expect(vectors[kind], `${kind} after ${t}`).toEqual(data);
        }
      }
      await program.release();
    },
  );
});

it('adamax averages over one epoch: β₂ = 1 − 1/(steps per epoch)', () => {
  const explicit = adamax({ beta2: 1 - 1 / STEPS_PER_EPOCH, biasCorrection: 'glow' });
  expect(configured('adamax').scalars(3, 0.01)).toEqual(explicit.scalars(3, 0.01));
  expect(explicit.scalars(3, 0.01).rate).toBeCloseTo((0.01 * Math.sqrt(1 - 0.95 ** 3)) / (1 - 0.9 ** 3), 15);
});
