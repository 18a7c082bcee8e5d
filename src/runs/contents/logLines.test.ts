// The statistics of a step: what is logged of it, and what is accepted in a log.
import { expect, it } from 'vitest';
import { resolveConfig } from '../settings/resolve.ts';
import {
  checkMetrics,
  type MeasuredStep,
  measureStep,
  problemOfStatistics,
  requireLoggable,
} from './logLines.ts';

const createTraining = (gradientNormsEvery?: number) =>
  resolveConfig({ overrides: { data: { name: 'tiny' }, training: { gradientNormsEvery } } }).training;

const createMeasuredStep = (step: number, every?: number): MeasuredStep => ({
  training: createTraining(every),
  step,
  epoch: 2,
  learningRate: 0.5,
  bitsPerDim: Float32Array.of(1, 3),
  gradientNorm: 13,
  gradients: async () => ({
    'levels/0/first/kernel': { shape: [1, 2], data: Float32Array.of(3, -4) },
    'levels/0/second/bias': { shape: [1], data: Float32Array.of(-2) },
    'levels/0/first/bias': { shape: [1], data: Float32Array.of(12) },
    scale: { shape: [1], data: Float32Array.of(Number.NaN) },
  }),
});

it('logs the same keys in the same order, and copies no gradients, unless layers are asked for', async () => {
  const gradients = () => Promise.reject(new Error('copied'));
  expect(JSON.stringify(await measureStep({ ...createMeasuredStep(4), gradients }))).toBe(
    '{"step":4,"epoch":2,"bitsPerDim":2,"learningRate":0.5,"gradientNorm":13}',
  );
  expect(await measureStep({ ...createMeasuredStep(5, 2), gradients })).not.toHaveProperty('gradientNorms');
});

it('logs the norm of each layer at every nth step', async () => {
  const { gradientNorms } = await measureStep(createMeasuredStep(4, 2));
  expect(gradientNorms).toEqual({ 'levels/0/first': 13, 'levels/0/second': 2, scale: Number.NaN });
});

it.each([
  [{ step: 1, bitsPerDim: 3, gradientNorm: null }, undefined],
  [{ step: 1, gradientNorms: { a: 1, b: null } }, undefined],
  [{ step: 1, later: 'x' }, undefined],
  [{ step: 1, bitsPerDim: '3' }, 'its bitsPerDim is not a number'],
  [{ step: 1, learningRate: {} }, 'its learningRate is not a number'],
  [{ step: 1, gradientNorms: { a: '1' } }, 'its gradientNorms are not numbers by layer'],
  [{ step: 1, gradientNorms: [1] }, 'its gradientNorms are not numbers by layer'],
  [{ step: 1, gradientNorms: 1 }, 'its gradientNorms are not numbers by layer'],
])('reads %j', (line, problem) => {
  expect(problemOfStatistics(line)).toBe(problem);
  expect(checkMetrics(line)).toBe(problem);
});

it('needs a step in every line', () => {
  expect(checkMetrics({ step: null, bitsPerDim: 1 })).toBe('its step is not a number');
});

it('refuses norms of more layers than a line of the log holds', () => {
  const paths = Array.from({ length: 4000 }, (_, step) => `levels/0/steps/${step}/actnorm/bias`);
  expect(() => requireLoggable(createTraining(), paths)).not.toThrow();
  expect(() => requireLoggable(createTraining(1), paths.slice(0, 1000))).not.toThrow();
  expect(() => requireLoggable(createTraining(1), paths)).toThrow(
    'training.gradientNormsEvery: the norms of 4000 layers do not fit into a line of metrics.jsonl (64 KiB): leave it out',
  );
});
