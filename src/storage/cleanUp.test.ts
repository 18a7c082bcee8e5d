import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { cleanedUpAfter } from './cleanUp.ts';

function failing(): never {
  throw new Error('the folder is gone');
}

it('returns the failure itself when the clean-up succeeds', () => {
  const failure = new TypeError('first');
  let done = false;
  const given = cleanedUpAfter(failure, () => {
    done = true;
  });
  expect(given).toBe(failure);
  expect(done).toBe(true);
});

it('reports both when the clean-up fails too, the first one first', () => {
  const failure = new UserError('locked', 'the run is locked');
  const given = cleanedUpAfter(failure, failing) as UserError;
  expect(given).toBeInstanceOf(UserError);
  expect(given.message).toBe('the run is locked; then this failed too: the folder is gone');
  expect(given.code).toBe('locked');
  expect((given.cause as AggregateError).errors[0]).toBe(failure);
});

it('does not turn a bug in our code into an error that a user can fix', () => {
  const given = cleanedUpAfter('text', failing) as Error;
  expect(given).not.toBeInstanceOf(UserError);
  expect(given.message).toBe('text; then this failed too: the folder is gone');
});
