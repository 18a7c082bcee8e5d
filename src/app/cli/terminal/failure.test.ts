import { Command, CommanderError, InvalidArgumentError } from 'commander';
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

/** The error that commander throws for these arguments. */
function commanderErrorFor(...argv: string[]): unknown {
  const program = new Command('emerging').exitOverride().version('1.0.0');
  program.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  program
    .command('train')
    .option('--preset <name>')
    .option('--seed <n>', 'seed', () => {
      throw new InvalidArgumentError('not an integer.');
    })
    .action(() => {});
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    return error;
  }
  throw new Error('commander accepted it');
}

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

  it.each([
    [['train', '--prest', 'a'], "emerging: unknown option '--prest' (Did you mean --preset?)\n"],
    [['train', '--seed', 'x'], "emerging: option '--seed <n>' argument 'x' is invalid. not an integer.\n"],
    [['trian'], "emerging: unknown command 'trian' (Did you mean train?)\n"],
  ])('exits with 2 for wrong usage: %j', (argv, line) => {
    const error = commanderErrorFor(...argv);
    expect(error).toBeInstanceOf(CommanderError);
    expect(reportFailure(error)).toBe(2);
    expect(stderr).toBe(line);
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

  it('prints one JSON object for programs that expect JSON', () => {
    expect(reportFailure(new UserError('io', 'no "such" file'), { json: true })).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ error: 'no "such" file', code: 'io' });
    expect(stderr).toBe('emerging: no "such" file\n');
  });
});
