// Error messages for users: in the terms of the library or of another program, and always on one line.
import { describe, expect, it } from 'vitest';
import { call, cleanedUpAfter, option, phrase, say, UserError, unknownName } from './errors.ts';

describe('a message with terms', () => {
  const message = phrase`no ${'room'} for ${3}: use ${option('device', 'cpu')}, or ${call('resumeRun', 'runs/a', { training: { steps: 5 } })}`;

  it('shows them as code by default', () => {
    expect(new UserError('unsupported', message).message).toBe(
      "no room for 3: use device: 'cpu', or resumeRun('runs/a', { training: { steps: 5 } })",
    );
  });

  it('can be worded differently, also as part of another message', () => {
    const inner = new UserError('unsupported', message);
    const outer = new UserError(inner.code, phrase`a.yaml: ${inner.phrase}; or wait`);
    const words = say(outer.phrase, (term) => ('option' in term ? `<${term.option}>` : `<${term.call}>`));
    expect(words).toBe('a.yaml: no room for 3: use <device>, or <resumeRun>; or wait');
  });
});

it('is one line without control characters, no matter what names it contains', () => {
  const error = new UserError('invalid-data', 'a.tar: bad\n  name \u001b[31m');
  expect(error.message).toBe('a.tar: bad name \\u001b[31m');
  expect(error).toMatchObject({ name: 'UserError', code: 'invalid-data' });
});

it('suggests similar names, or lists all if none is similar', () => {
  expect(unknownName('fruit', 'aple', ['apple', 'pear'])).toMatchObject({
    code: 'not-found',
    message: "unknown fruit 'aple': did you mean apple?",
  });
  expect(unknownName('fruit', 'qqqqqqqq', ['apple', 'pear'], 'invalid-config')).toMatchObject({
    code: 'invalid-config',
    message: "unknown fruit 'qqqqqqqq': known: apple, pear",
  });
});

describe('cleaning up after a failure', () => {
  function failing(): never {
    throw new Error('the folder is gone');
  }

  it('returns the failure itself when the clean-up succeeds', () => {
    const failure = new TypeError('first');
    let done = false;
    const error = cleanedUpAfter(failure, () => {
      done = true;
    });
    expect(error).toBe(failure);
    expect(done).toBe(true);
  });

  it('reports both when the clean-up fails too, the first one first', () => {
    const failure = new UserError('locked', 'the run is locked');
    const error = cleanedUpAfter(failure, failing) as UserError;
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe('the run is locked; then this failed too: the folder is gone');
    expect(error.code).toBe('locked');
    expect((error.cause as AggregateError).errors[0]).toBe(failure);
  });

  it('does not turn a bug in our code into an error that a user can fix', () => {
    const error = cleanedUpAfter('text', failing) as Error;
    expect(error).not.toBeInstanceOf(UserError);
    expect(error.message).toBe('text; then this failed too: the folder is gone');
  });
});
