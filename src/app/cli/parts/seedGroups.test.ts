// Groups of runs that differ only in their seeds.
import { expect, it } from 'vitest';
import { resolveConfig } from '../../../runs/settings/resolve.ts';
import { groupBySeed, type MeasuredRun } from './seedGroups.ts';

function measured(run: string, bitsPerDim: number, ...set: string[]): MeasuredRun {
  return { run, bitsPerDim, changes: [], config: resolveConfig({ preset: 'mnist-quickstart', set }) };
}

it('pairs by seed, and takes intervals over seeds', () => {
  const groups = groupBySeed([
    measured('e0', 2, 'seed=0'),
    measured('c1', 2.7, 'seed=1', 'model.mixing=1x1'),
    measured('e1', 2.2, 'seed=1'),
    measured('c0', 2.4, 'seed=0', 'model.mixing=1x1'),
    measured('c2', 9, 'seed=2', 'model.mixing=1x1'),
  ]);
  expect(groups.map(({ runs }) => runs)).toEqual([
    ['e0', 'e1'],
    ['c1', 'c0', 'c2'],
  ]);
  expect(groups[1]!.name).toContain('model.mixing=1x1');
  // t(0.975, 1) = 12.706; deviations 0.2/√2 and 0.1/√2.
  expect(groups[0]!.bitsPerDim).toBeCloseTo(2.1, 12);
  expect(groups[0]!.interval).toBeCloseTo(12.7062 * 0.1, 4);
  expect(groups[1]!.difference).toBeCloseTo(0.45, 12);
  expect(groups[1]!.differenceInterval).toBeCloseTo(12.7062 * 0.05, 4);
  expect([...groups[1]!.pairedSeeds].sort()).toEqual([0, 1]);
});

it('gives one seed no interval, and counts a seed once', () => {
  const [a, b] = groupBySeed([
    measured('a', 1),
    measured('b', 3, 'seed=5', 'training.batchSize=8'),
    measured('copy', 7),
  ]);
  expect(a).toMatchObject({ runs: ['a', 'copy'], seeds: [0], bitsPerDim: 1, interval: null });
  expect(b).toMatchObject({ difference: 2, differenceInterval: null, pairedSeeds: [] });
});

it('keeps apart runs whose settings a resume changed, and exports', () => {
  const run = measured('a', 1);
  const groups = groupBySeed([
    run,
    { ...run, run: 'b', changes: [{ step: 5 }] },
    { ...run, run: 'c', config: undefined },
    measured('d', 1, 'model.mixing=1x1'),
  ]);
  expect(groups.map(({ name, seeds }) => [name, seeds])).toEqual([
    ['a', [0]],
    ['b', [0]],
    ['c', null],
    [expect.stringContaining('model.mixing=1x1'), [0]],
  ]);
});
