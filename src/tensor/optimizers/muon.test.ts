// Muon's blocks: kernels with several columns for each channel.
import { expect, it } from 'vitest';
import { expectClose } from '../../testing/golden.ts';
import { asInputs, normalArray, runOnce } from '../../testing/programValues.ts';
import { concatenate, reshape, slice } from '../operations/index.ts';
import type { Tensor } from '../tensor.ts';
import { muon } from './muon.ts';
import { ruleFor } from './optimizer.ts';

it.each([
  ['few columns are one block', { shape: [3, 3, 5, 84], channels: 6 }, [45, 84]],
  ['the columns of one channel are one block', { shape: [3, 3, 5, 140], channels: 1 }, [45, 140]],
  ['columns without declared channels are one block', { shape: [3, 3, 5, 168] }, [45, 168]],
  ['many columns are two blocks', { shape: [3, 3, 5, 168], channels: 12 }, [45, 2, 84]],
  [
    'columns of 10 channels are five blocks, since three would cut a channel',
    { shape: [3, 3, 5, 200], channels: 10 },
    [45, 5, 40],
  ],
  [
    'columns of 53 channels are one block, since blocks of one channel would be too narrow',
    { shape: [3, 3, 5, 106], channels: 53 },
    [45, 106],
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
