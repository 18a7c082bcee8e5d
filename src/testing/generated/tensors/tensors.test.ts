import { expect, test } from 'vitest';
import * as operations from '../../../tensor/operations/index.ts';
import { testProperties } from '../testProperties.ts';
import { operationKinds } from './operations.ts';
import { tensorProperties } from './tensorProperties.ts';

test('every operation has a generator', () => {
  const helpers = ['invertPermutation', 'isRemembered', 'squareOffsets'];
  const names = Object.keys(operations).filter((name) => !helpers.includes(name));
  expect(Object.keys(operationKinds).sort()).toEqual(names.sort());
});

testProperties(tensorProperties);
