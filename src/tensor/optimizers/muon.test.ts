// Muon's blocks: kernels whose columns are numbers for many channels.
import { expect, it } from 'vitest';
import { expectClose } from '../../testing/golden.ts';
import { asInputs, normalArray, runOnce } from '../../testing/programValues.ts';
import { concatenate, reshape, slice } from '../operations/index.ts';
import type { Tensor } from '../tensor.ts';
import { muon } from './muon.ts';
import { ruleFor } from './optimizer.ts';

it.each([
  ['few numbers', { shape: [3, 3, 5, 84], channels: 6 }, [45, 84]],
  ['numbers of one channel', { shape: [3, 3, 5, 140], channels: 1 }, [45, 140]],
  ['numbers that no channels are known of', { shape: [3, 3, 5, 168] }, [45, 168]],
  ['numbers of channels in two halves', { shape: [3, 3, 5, 168], channels: 12 }, [45, 2, 84]],
  [
    'numbers of channels in fifths, since thirds would cut a channel',
    { shape: [3, 3, 5, 200], channels: 10 },
    [45, 5, 40],
  ],
])('%s', (_, parameter, item) => {
  expect(ruleFor(muon(), { ...parameter, kernel: true }).item).toEqual(item);
});

it('updates each block of columns as a matrix by itself', async () => {
  const gradients = normalArray('gradients', [2, 9, 3, 8]);
  const tensors = asInputs({ gradients }) as { readonly gradients: Tensor };
  const { direction } = muon().rules[0]!;
  const flat = reshape(tensors.gradients, [2, 9, 24]);
  const blocks = [0, 8, 16].map((start) => direction!(slice(flat, 2, start, start + 8)));
  const outputs = {
    actual: reshape(direction!(tensors.gradients), [2, 9, 24]),
    expected: concatenate(blocks, 2),
    whole: direction!(flat),
  };
  const { actual, expected, whole } = await runOnce({ inputs: tensors, outputs }, { gradients }, 'float64');
  expectClose('blocks', actual!.data, [...expected!.data], 'float64', 1e-12);
  const difference = Math.max(...actual!.data.map((value, index) => Math.abs(value - whole!.data[index]!)));
  expect(difference).toBeGreaterThan(0.01);
});
