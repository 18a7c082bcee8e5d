import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { timeLimit } from './options.ts';

it.each([1e-9, 4.35, 36_000, 1e6])('%f minutes are a time limit', async (minutes) => {
  const signal = timeLimit(minutes);
  await setTimeout(50);
  expect(signal.aborted).toBe(minutes < 1);
});
