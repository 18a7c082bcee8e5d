// `emerging bench train` as a process: its keys, for one mixing and for several.
import { expect, it } from 'vitest';
import { countParameters } from '../models/glow.ts';
import { commandLine } from '../testing/command.ts';

const emerging = commandLine();
const tiny = ['--levels=1', '--depth=1', '--width=4', '--batch=2', '--size=4', '--channels=1', '--rounds=2'];
const parameters = (mixing: '1x1' | 'emerging'): number =>
  countParameters(
    {
      levels: 1,
      depth: 1,
      width: 4,
      mixing,
      coupling: 'affine',
      kernelSize: 3,
      dilation: 1,
      learnedPrior: true,
      bits: 8,
    },
    [4, 4, 1],
  );

it('gives a list for several mixings, in their order', async () => {
  const list = await emerging.json('bench', 'train', '--mixing=emerging,1x1', '--threads=1', ...tiny);
  expect(list.map(({ mixing }: { mixing: string }) => mixing)).toEqual(['emerging', '1x1']);
  for (const result of list) {
    expect(result).toMatchObject({ batch: 2, rounds: 2, parameters: parameters(result.mixing) });
    const [low, high] = result.imagesPerSecondRange;
    expect(result.imagesPerSecond).toBeGreaterThanOrEqual(low);
    expect(result.imagesPerSecond).toBeLessThanOrEqual(high);
    expect(result.forwardImagesPerSecond).toBeGreaterThan(0);
    expect(result.productShare).toBeGreaterThan(0);
    expect(result.peakMemoryBytes).toBeGreaterThan(2 ** 24);
  }
});

it('gives one object for one', async () => {
  const result = await emerging.json('bench', 'train', '--mixing=1x1', '--threads=1', ...tiny);
  expect(result).toMatchObject({ mixing: '1x1', parameters: parameters('1x1') });
});

it('prints a table for people', async () => {
  const { code, stdout } = await emerging.run('bench', 'train', '--mixing=1x1', '--threads=1', ...tiny);
  expect(code).toBe(0);
  const [head, row, ...rest] = stdout.trim().split('\n');
  expect(head).toMatch(
    /^MIXING +PARAMETERS +TRAINING, IMAGES\/S +FORWARD, IMAGES\/S +PRODUCTS +PEAK MEMORY$/,
  );
  expect(row).toMatch(/^1x1 +\d+ .* \d+ % +\d+ MiB$/);
  expect(rest).toEqual([]);
});
