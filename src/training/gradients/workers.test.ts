import { describe, expect, test } from 'vitest';
import { Glow } from '../../flows/models/glow.ts';
import type { ModelOptions } from '../../flows/models/options.ts';
import { requireWorkers, type WorkerBounds, workersFor } from './workers.ts';

const options: Partial<ModelOptions> = {
  levels: 2,
  depth: 4,
  conditioner: { width: 64 },
  mixing: 'emerging',
};

describe('the default number of workers', () => {
  const countWorkers = (changes: Partial<ModelOptions>, bounds: Partial<WorkerBounds>): number =>
    workersFor(new Glow([28, 28, 1], { ...options, ...changes }), { images: 64, threads: 2, ...bounds });

  test.each([
    ['one per thread', {}, {}, 2],
    ['the most that divide the images', {}, { threads: 5 }, 4],
    ['fewer with more threads each, if the most would leave many idle', {}, { threads: 6 }, 2],
    ['one if there is one thread', {}, { threads: 1 }, 1],
    ['one for wide networks', { conditioner: { width: 512 }, depth: 1 }, {}, 1],
    ['one for a model too small to benefit', { conditioner: { width: 4 }, depth: 1 }, {}, 1],
    ['one for a device that is not a CPU', {}, { device: 'webgpu' }, 1],
  ] as const)('%s', (_, changes, bounds, expected) => {
    const workers = countWorkers(changes, bounds);
    expect(workers).toBe(expected);
    expect(() => requireWorkers(workers, { images: 64, threads: 2, ...bounds })).not.toThrow();
  });
});

test.each([
  [4, {}, /^6 images cannot be divided evenly among 4 workers: use a divisor of 6$/],
  [2, { images: 1 }, /^1 image cannot be divided among 2 workers: use workers: 1$/],
  [3, {}, /^3 workers need at least one thread each: use threads: 3 or more, not 2$/],
  [2, { device: 'webgpu' }, /^2 workers need device: 'cpu'/],
  [1.5, {}, /^workers must be a whole number of 1 or more, not 1\.5$/],
  [-2, {}, /^workers must be a whole number of 1 or more, not -2$/],
  [0, {}, /^workers must be a whole number of 1 or more, not 0$/],
  [Number.NaN, {}, /^workers must be a whole number of 1 or more, not NaN$/],
] as const)('%d workers for %o are rejected', (workers, changes, message) => {
  expect(() => requireWorkers(workers, { images: 6, threads: 2, ...changes })).toThrow(message);
});

test('one worker, or the default number, is always allowed', () => {
  for (const workers of [undefined, 1]) {
    expect(() => requireWorkers(workers, { images: 7, threads: 1, device: 'webgpu' })).not.toThrow();
  }
});
