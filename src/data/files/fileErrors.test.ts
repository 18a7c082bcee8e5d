// The messages for errors of the file system, and which errors are left unchanged.
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { explainFileError } from './fileErrors.ts';

describe('explainFileError', () => {
  it('keeps the message of the system for an unknown code, and the cause', () => {
    const cause = Object.assign(new Error('EXDEV: it failed, write'), { code: 'EXDEV', syscall: 'write' });
    const error = explainFileError(cause, 'a/b', 'write');
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe('cannot write a/b: EXDEV: it failed, write');
    expect(error.cause).toBe(cause);
  });

  it('says that a name is not UTF-8', () => {
    const cause = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' });
    expect(explainFileError(cause, 'a/\ufffd.png', 'read').message).toBe(
      'cannot read a/\ufffd.png: its name is not UTF-8; rename it',
    );
  });

  it('leaves other errors unchanged', () => {
    const mine = new UserError('locked', 'mine');
    const mistake = new TypeError('mistake');
    expect(explainFileError(mine, 'a', 'write')).toBe(mine);
    expect(explainFileError(mistake, 'a', 'write')).toBe(mistake);
    const invalid = Object.assign(new TypeError('invalid'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(explainFileError(invalid, 'a', 'write')).toBe(invalid);
  });
});
