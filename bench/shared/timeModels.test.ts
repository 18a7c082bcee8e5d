// The benchmarks of training and sampling as processes.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countParameters } from '../../src/flows/models/flowRegistry.ts';
import { paperModel } from './benchModel.ts';
import { scriptJson } from './processes.ts';

describe('the benchmarks', { tags: 'system' }, () => {
  const tiny = ['--levels=1', '--depth=1', '--width=4', '--size=4', '--channels=1', '--rounds=2', '--json'];
  const script = (name: string, ...args: readonly string[]) =>
    // biome-ignore lint/suspicious/noExplicitAny: the JSON of a script.
    scriptJson<any>(fileURLToPath(new URL(`../${name}.ts`, import.meta.url)), [...tiny, ...args]);

  it('time training with the chosen couplings, by part', async () => {
    const couplings = ['--coupling=mixture', '--components=3', '--checkerboard=3', '--checkerboard-width=5'];
    const list = await script(
      ...(['train', '--mixing=emerging,1x1', '--threads=2', '--workers=2', '--batch=4'] as const),
      '--optimizer=adamax,muon',
      ...couplings,
    );
    const contenders = ['emerging', '1x1'].flatMap((mixing) =>
      ['adamax', 'muon'].map((optimizer) => ({ mixing, optimizer })),
    );
    expect(list).toHaveLength(contenders.length);
    for (const [index, { mixing, optimizer }] of contenders.entries()) {
      const checkerboards = { checkerboard: [3], checkerboardWidth: 5 };
      const coupling = { name: 'mixture', components: 3 };
      const chosen = { mixing, coupling, ...checkerboards };
      const options = { ...paperModel, levels: 1, depth: 1, conditioner: { width: 4 }, ...chosen };
      const { parts, imagesPerSecond, imagesPerSecondRange, ...result } = list[index];
      expect(result).toMatchObject({
        mixing,
        optimizer,
        coupling: 'mixture',
        components: 3,
        ...checkerboards,
      });
      expect(result.parameters).toBe(countParameters([4, 4, 1], options));
      expect(result).toMatchObject({ batch: 4, rounds: 2, workers: 2, device: 'cpu' });
      expect(imagesPerSecond).toBeGreaterThanOrEqual(imagesPerSecondRange[0]);
      expect(imagesPerSecond).toBeLessThanOrEqual(imagesPerSecondRange[1]);
      expect(Math.min(parts.batch, parts.gradients, parts.update)).toBeGreaterThan(0);
    }
  });

  it('time samples with each inverse of emerging convolutions', async () => {
    const list = await script(
      ...(['sample', '--mixing=1x1,emerging', '--inverse=wavefront,sequential', '--batch=2'] as const),
    );
    expect(list.map(({ mixing, inverse }: Record<string, string>) => `${mixing} ${inverse}`)).toEqual([
      '1x1 product',
      'emerging wavefront',
      'emerging sequential',
    ]);
    expect(list[0].againstFirst).toBe(1);
    for (const { forwardSeconds, sampleSeconds, sampleMillisecondsPerImage } of list) {
      expect(forwardSeconds).toBeGreaterThan(0);
      expect(sampleMillisecondsPerImage).toBeCloseTo((1000 * sampleSeconds) / 2, 9);
    }
  });
});
