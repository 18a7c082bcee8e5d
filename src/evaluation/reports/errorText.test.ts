// Standard errors are never shown as 0.0000.
import { expect, it } from 'vitest';
import { errorText } from './errorText.ts';

it('has four decimals, and says what they cannot show', () => {
  expect([0.12345, 0.00005, 0.00004, 0].map(errorText)).toEqual(['0.1235', '0.0001', '<0.0001', '0']);
});
