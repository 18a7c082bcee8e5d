// Lost output: on a full disk, and when the reader has exited.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';

const emerging = commandProcess();

/** Runs a command in a shell, which redirects its output. */
function inShell(words: readonly string[], redirect: string): { status: number | null; stderr: string } {
  const quoted = emerging.words(...words).map((word) => `'${word}'`);
  const script = `set -o pipefail; ${quoted.join(' ')} ${redirect}`;
  return spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: emerging.folder });
}

const hasFull = existsSync('/dev/full');

it.skipIf(!hasFull).each([[['presets']], [['presets', '--json']], [['--help']]])(
  '%j on a full disk fails in one line',
  (words) => {
    const { status, stderr } = inShell(words, '> /dev/full');
    expect(stderr).toBe(
      'emerging: cannot write the output: no space is left on the disk; free some or choose a folder on another disk\n',
    );
    expect(status).toBe(1);
  },
);

it.skipIf(!hasFull)('keeps the exit code if only stderr is full: 2 of a failure, 0 of a result', () => {
  expect(inShell(['presets', '--all'], '2> /dev/full').status).toBe(2);
  expect(inShell(['datasets', 'get', 'mnist'], '').stderr).toBe('mnist is already available\n');
  expect(inShell(['datasets', 'get', 'mnist'], '2> /dev/full').status).toBe(0);
});

it('is silent if the reader has exited', () => {
  expect(inShell(['presets'], '| true')).toMatchObject({ status: 0, stderr: '' });
});
