import { expect, it } from 'vitest';
import { modelOptions } from './config.ts';
import { unusedKeyWarnings } from './unusedKeys.ts';

it.each<[Record<string, unknown>, string[]]>([
  [{}, []],
  [{ mixing: '1x1' }, []],
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
])('keys of another mixing are named: %j', (model, warnings) => {
  expect(unusedKeyWarnings(modelOptions(model))).toEqual(warnings);
});
