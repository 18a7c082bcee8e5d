// Error messages for users: in the terms of the library or of another program, and always on one line.
import { describe, expect, it } from 'vitest';
import { call, option, phrase, say, UserError, unknownName } from './errors.ts';

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
