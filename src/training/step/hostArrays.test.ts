// The update in the host's memory: which weights decay, which gradients it takes, and which moments it rejects.
import { describe, expect, it } from 'vitest';
import { onHost } from '../../engine/arrays.ts';
import { Glow } from '../../models/glow.ts';
import type { Mixing } from '../../models/mixing.ts';
import { ParameterLayout } from '../../models/parameterLayout.ts';
import { adamax } from '../../optimizers/adamax.ts';
import { adamw } from '../../optimizers/adamw.ts';
import { newGuard } from '../../runs/contents/guardState.ts';
import { HostArrays } from './hostArrays.ts';

const averageDecay = 0.9;
const decaying = adamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5 });

function layoutOf(mixing: Mixing, width: number): ParameterLayout {
  const options = {
    levels: 2,
    depth: 1,
    width,
    mixing,
    kernelSize: 3,
    dilation: 1,
    hiddenChannels: 8,
    bits: 8,
  };
  return new ParameterLayout(new Glow([8, 8, 1], { ...options, learnedPrior: true }).parameters);
}

/** A state with all weights 2. */
function twos(layout: ParameterLayout) {
  const weights = layout.initial(0);
  for (const { data } of Object.values(weights)) {
    data.fill(2);
  }
  return { step: 0, updates: 0, guard: newGuard(0), weights, average: {} };
}

const options = { averageDecay, batchSize: 2 };

describe('the weight decay', () => {
  // At this width some kernels are packed with the small parameters, and others have their own array.
  it.each<Mixing>(['emerging', 'maf', '1x1-plu'])(
    'applies only to the kernels of couplings (%s)',
    async (mixing) => {
      const layout = layoutOf(mixing, 136);
      expect(layout.trained.filter((group) => group.includes('coupling')).length).toBeGreaterThan(0);
      const arrays = await HostArrays.open(layout, { optimizer: decaying, ...options });
      await arrays.take(twos(layout));
      await arrays.update(1, 0.25);
      for (const [path, { data }] of Object.entries(layout.unpack(arrays.weights))) {
        const decays = /\/coupling\/conv\d\/kernel$/.test(path);
        expect(new Set(data), path).toEqual(new Set([decays ? 2 - 0.25 * 0.5 * 2 : 2]));
      }
    },
  );
});

describe('an update', () => {
  const layout = layoutOf('emerging', 4);

  it.each([decaying, adamax({ beta2: 0.9, biasCorrection: 'standard' })])(
    'by $name uses the gradients of the batch, scaled',
    async (optimizer) => {
      const arrays = await HostArrays.open(layout, { optimizer, ...options });
      await arrays.take(twos(layout));
      const { gradients } = arrays.target(0);
      onHost(gradients).small!.data[3] = -14;
      await arrays.scale(0.5);
      await arrays.update(1, 0.25);
      const { weights, optimizer: remembered, average } = await arrays.read();
      expect(remembered.moments.first!.small!.data[3]).toBeCloseTo(0.1 * -7, 6);
      expect(weights.small!.data[3]).toBeCloseTo(2.25, 6);
      expect(average.small!.data[3]).toBeCloseTo(2.25, 6);
    },
  );

  it('rejects the moments of another optimiser', async () => {
    const arrays = await HostArrays.open(layout, { optimizer: decaying, ...options });
    const optimizer = { name: 'adamax', moments: { first: layout.zeros(), second: layout.zeros() } };
    await expect(arrays.take({ ...twos(layout), optimizer })).rejects.toThrow(
      'an adamw update cannot use the moments of adamax',
    );
  });
});
