// The update in its memory: which weights decay, which gradients it takes, and which moments it rejects.
import { describe, expect, it } from 'vitest';
import { Glow } from '../../models/glow.ts';
import type { Mixing } from '../../models/mixing.ts';
import { adamax } from '../../optimizers/adamax.ts';
import { adamw } from '../../optimizers/adamw.ts';
import { ParameterLayout } from '../parameterLayout.ts';
import { newGuard } from './guard.ts';
import { Update } from './update.ts';

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
  return new ParameterLayout(new Glow({ ...options, learnedPrior: true }, [8, 8, 1]).parameters);
}

/** A state with all weights 2. */
function twos(layout: ParameterLayout) {
  const weights = layout.initial(0);
  for (const { data } of Object.values(weights)) {
    data.fill(2);
  }
  return { step: 0, updates: 0, guard: newGuard(0), weights, average: {} };
}

describe('the weight decay', () => {
  // At this width some kernels are packed with the small parameters, and others have their own array.
  it.each<Mixing>(['emerging', 'maf', '1x1-plu'])(
    'applies only to the kernels of couplings (%s)',
    async (mixing) => {
      const layout = layoutOf(mixing, 136);
      expect(layout.trained.filter((group) => group.includes('coupling')).length).toBeGreaterThan(0);
      const update = await Update.compile(layout, { optimizer: decaying, averageDecay });
      const { weights } = update.take(twos(layout));
      update.run(layout.zeros(), 1, 0.25);
      for (const [path, { data }] of Object.entries(layout.unpack(weights))) {
        const decays = /\/coupling\/conv\d\/kernel$/.test(path);
        expect(new Set(data), path).toEqual(new Set([decays ? 2 - 0.25 * 0.5 * 2 : 2]));
      }
    },
  );
});

describe('an update', () => {
  const layout = layoutOf('emerging', 4);

  it.each([decaying, adamax({ beta2: 0.9, biasCorrection: 'standard' })])(
    'by $name uses the gradients it is passed, wherever they are',
    async (optimizer) => {
      const update = await Update.compile(layout, { optimizer, averageDecay });
      const gradients = layout.zeros();
      gradients.small!.data[3] = -7;
      const { weights, optimizer: remembered, average } = update.take(twos(layout));
      update.run(gradients, 1, 0.25);
      expect(remembered.moments.first!.small!.data[3]).toBeCloseTo(0.1 * -7, 6);
      expect(weights.small!.data[3]).toBeCloseTo(2.25, 6);
      expect(average.small!.data[3]).toBeCloseTo(2.25, 6);
      // Its own memory works as well.
      update.groups('gradients').small!.data[3] = 0;
      update.run(update.groups('gradients'), 2, 0.25);
      expect(remembered.moments.first!.small!.data[3]).toBeCloseTo(0.9 * 0.1 * -7, 6);
    },
  );

  it('rejects the moments of another optimiser', async () => {
    const update = await Update.compile(layout, { optimizer: decaying, averageDecay });
    const optimizer = { name: 'adamax', moments: { first: layout.zeros(), second: layout.zeros() } };
    expect(() => update.take({ ...twos(layout), optimizer })).toThrow(
      'an adamw update cannot use the moments of adamax',
    );
  });
});
