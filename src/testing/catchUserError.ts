// What tests require of a failure that a user will read.
import { expect } from 'vitest';
import { UserError } from '../core/errors.ts';

/** The one-line UserError that an action ends with. */
export function catchUserError(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).not.toContain('\n');
    return error as UserError;
  }
  throw new Error('it did not fail');
}
