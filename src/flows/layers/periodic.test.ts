// The frequencies of a periodic convolution: none is computed twice. For the rest see layers.test.ts and
// golden.test.ts.
import { expect, it } from 'vitest';
import { input } from '../../tensor/tensor.ts';
import { parametersFrom } from '../contract/parameters.ts';
import { periodic } from './periodic.ts';

it.each([
  [1, 1, 1],
  [1, 2, 2],
  [2, 1, 2],
  [1, 5, 3],
  [3, 5, 8],
  [4, 5, 11],
  [5, 4, 11],
  [4, 6, 14],
  [16, 16, 130],
])(
  'an image of %i x %i has %i frequencies that are not conjugates of one another',
  (height, width, count) => {
    const layer = periodic([height, width, 2]);
    const parameters = parametersFrom({ kernel: input('kernel', [3, 3, 2, 2]), bias: input('bias', [2]) });
    expect(layer.factors!(parameters).frequencies!.shape).toEqual([count, 4, 4]);
  },
);
