import { expect, it } from 'vitest';
import { modelOptions } from './config.ts';
import { unusedKeyWarnings } from './unusedKeys.ts';

it.each<[Record<string, unknown>, string[]]>([
  [{}, []],
  [{ mixing: '1x1' }, []],
  [{ width: 24 }, []],
  [{ mixing: 'convexp', normBound: 1, kernelSize: 5 }, []],
  [
    { mixing: 'finc', normBound: 1, dilation: 2 },
    ['model.normBound has no effect: model.mixing is finc, and only convexp uses it'],
  ],
  [
    { mixing: 'butterfly', kernelSize: 5, spaceRank: 3 },
    [
      'model.kernelSize has no effect: model.mixing is butterfly, and only emerging, periodic, convexp, finc use it',
      'model.spaceRank has no effect: model.mixing is butterfly, and only woodbury, woodbury-me use it',
    ],
  ],
  [{ coupling: 'affine', scaleFloor: 0.05 }, []],
  [
    { coupling: 'additive', scaleFloor: 0.05 },
    ['model.scaleFloor has no effect: model.coupling is additive, and only affine uses it'],
  ],
  [{ coupling: 'mixture', components: 8, conditioner: 'gated', blocks: 1 }, []],
  [
    { components: 8, blocks: 1 },
    [
      'model.components has no effect: model.coupling is affine, and only mixture uses it',
      'model.blocks has no effect: model.conditioner is glow, and only gated uses it',
    ],
  ],
])('names keys that no part of the model uses: %j', (model, warnings) => {
  expect(unusedKeyWarnings(modelOptions(model))).toEqual(warnings);
});
