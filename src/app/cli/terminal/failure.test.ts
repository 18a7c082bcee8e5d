import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../core/errors.ts';
import { type FailureOptions, reportFailure } from './failure.ts';

let stdout = '';
let stderr = '';

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('reportFailure', () => {
  it.each([
    ['io', 1],
    ['not-found', 2],
  ] as const)('prints one line for errors that users can fix: %s, exit code %i', (code, exitCode) => {
    const cause = new Error('the cause');
    expect(reportFailure(new UserError(code, 'no such file\n  a.png', { cause }))).toBe(exitCode);
    expect(stderr).toBe('emerging: no such file a.png\n');
    expect(stdout).toBe('');
  });

  it('prints stack and causes on request', () => {
    const cause = new RangeError('the cause');
    const debug: FailureOptions = { debug: true };
    expect(reportFailure(new Error('outer', { cause }), debug)).toBe(1);
    expect(stderr).toMatch(/^emerging: unexpected error: outer\nError: outer\n +at /);
    expect(stderr).toMatch(/\[cause\]: RangeError: the cause\n +at /);
    stderr = '';
    expect(reportFailure(new UserError('io', 'mine', { cause }), debug)).toBe(1);
    expect(stderr).toMatch(/^emerging: mine\nUserError: mine\n +at [\s\S]*RangeError: the cause/);
  });
});
