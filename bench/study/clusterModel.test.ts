// The model of a training on several machines, against cases worked out by hand.
import { expect, it } from 'vitest';
import { type ClusterTraining, clusterHours, type Machine, stepSeconds, sumSeconds } from './clusterModel.ts';

const rate = { imagesPerSecond: 10, batch: 8, rounds: 1, machine: '' };
// 1,000 steps of 25.6 s at the measured rate.
const training: ClusterTraining = { preset: 'p', parameters: 1e7, batch: 256, hours: 25_600 / 3600, rate };
const machine: Machine = { speed: 1, updateSeconds: 0, sumBytesPerSecond: Number.POSITIVE_INFINITY };
const gigabit = { gigabitsPerSecond: 1, latency: 0 };

it('is the measured rate for one machine, and divides it where sums cost nothing', () => {
  expect(clusterHours(training, 1, gigabit, machine)).toBeCloseTo(training.hours, 9);
  const instant = { gigabitsPerSecond: Number.POSITIVE_INFINITY, latency: 0 };
  expect(clusterHours(training, 64, instant, machine)).toBeCloseTo(training.hours / 64, 9);
  expect(clusterHours(training, 4, instant, { ...machine, speed: 8 })).toBeCloseTo(training.hours / 32, 9);
});

it('adds the bytes and the messages of a ring', () => {
  // 40 MB, 2·3/4 of them at 125 MB/s.
  expect(sumSeconds(4e7, 4, gigabit, machine)).toBeCloseTo((1.5 * 4e7) / 1.25e8, 9);
  // 20 pieces of 2 MiB, each of 6 messages.
  expect(
    sumSeconds(4e7, 4, { gigabitsPerSecond: Number.POSITIVE_INFINITY, latency: 0.001 }, machine),
  ).toBeCloseTo(20 * 6 * 0.001, 9);
  expect(sumSeconds(4e7, 1, gigabit, machine)).toBe(0);
});

it('has one update in each step, however few its images', () => {
  const slow = { ...machine, updateSeconds: 2e-8 };
  const instant = { gigabitsPerSecond: Number.POSITIVE_INFINITY, latency: 0 };
  // The measured 0.8 s for 8 images include 0.2 s for an update.
  expect(stepSeconds(training, 32, instant, slow)).toBeCloseTo(0.8, 9);
  expect(stepSeconds(training, 256, instant, slow)).toBeCloseTo(0.6 / 8 + 0.2, 9);
});
