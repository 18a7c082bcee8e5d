// Names full of escape sequences, through the commands that print names; and that all output goes through output.ts.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandProcess } from '../../../testing/command.ts';
import { tinyTraining, writeTinyDataset } from '../../../testing/tinyImages.ts';

it('is the only file of the command line that writes to stdout and stderr', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const writers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => /process\.std(out|err)\.write|console\./.test(readFileSync(join(root, file), 'utf8')));
  expect(writers).toEqual([join('terminal', 'output.ts')]);
});

describe.skipIf(process.platform === 'win32')('names that hold controls', () => {
  const evil = '\u001b]0;owned\u0007\n\u009b31m`id`|x\u202e';
  const shown = '\\u001b]0;owned\\u0007\\u000a\\u009b31m`id`|x\\u202e';
  const emerging = commandProcess();
  const inFolder = (...path: string[]): string => join(emerging.folder, ...path);
  const [data, run] = [`data${evil}`, `runs/run${evil}`];

  beforeAll(async () => {
    writeTinyDataset(inFolder(data), { tests: 4 });
    const { code, stdout, stderr } = await emerging.run(
      'train --steps=2 --no-test',
      `--data=${data}`,
      `--out=${run}`,
      ...tinyTraining,
    );
    expect(code, stderr).toBe(0);
    requireVisible(stdout + stderr);
    expect(stderr).toContain(`images of ${shown}`.replace('images of ', 'images of data'));
    expect(stdout).toContain(`curve      runs/run${shown}/curve.png`);
    cpSync(inFolder(run, 'samples', 'step-00000002.png'), inFolder(`image${evil}.png`));
  });

  /** No control characters but line ends, and no line that starts with part of a name. */
  function requireVisible(output: string): void {
    expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(output).not.toMatch(/^\\u009b31m/m);
  }

  it.each<[string, number, (string | undefined)[]]>([
    ['runs', 0, ['runs', 'runs']],
    ['doctor', 0, ['doctor', run, '--images=2']],
    ['evaluate', 0, ['evaluate', run, '--draws=1']],
    ['sample', 0, ['sample', run, '--count=1', `--out=sample${evil}.png`]],
    ['export', 0, ['export', run, `--out=exported${evil}`]],
    ['datasets show', 0, ['datasets', 'show', data, `--out=sheet${evil}.png`]],
    ['score', 0, ['score', run, `image${evil}.png`, '--draws=1', '--resize']],
    ['train --resume of a run that is done', 0, ['train', '--resume', run]],
    ['an unknown preset', 2, ['train', `--preset=${evil}`]],
    ['an unknown option', 2, ['train', `--${evil}`]],
    ['an unknown command', 2, [evil]],
    ['a file that is not there', 2, ['sample', `missing${evil}`, '--out=a.png']],
  ])('are shown by %s', async (_, wanted, args) => {
    const { code, stdout, stderr } = await emerging.run(...(args as string[]));
    expect(code, stderr).toBe(wanted);
    requireVisible(stdout + stderr);
    expect(stdout + stderr).toMatch(/\\u001b\]0;owned\\u0007/);
  });

  it('are unchanged in JSON', async () => {
    const [entry] = await emerging.json('runs', 'runs');
    expect(entry.run).toBe(run);
  });

  it('are shown in the card without becoming markup; the curve is drawn', () => {
    const card = readFileSync(inFolder(run, 'README.md'), 'utf8');
    requireVisible(card);
    expect(card).toContain('data\\\\u001b\\]0;owned\\\\u0007\\\\u000a\\\\u009b31m\\`id\\`\\|x\\\\u202e');
    expect(decode(readFileSync(inFolder(run, 'curve.png'))).width).toBe(1440);
  });
});

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
