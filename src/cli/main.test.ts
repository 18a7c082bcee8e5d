// The command itself: its help, its version, its lists.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { presets } from '../experiments/presets.ts';
import { commandLine } from '../testing/command.ts';

const emerging = commandLine();

it.each(['train', 'evaluate', 'sample', 'presets', 'bench train'])(
  'shows an example with %s --help',
  async (command) => {
    const { code, stdout } = await emerging.run(...command.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Example:\n  emerging ${command} `);
  },
);

it('lists the presets', async () => {
  const list: Record<string, unknown>[] = await emerging.json('presets');
  expect(list.map(({ name }) => name)).toEqual(presets.map(({ name }) => name));
  for (const entry of list) {
    expect(entry.parameters).toBeGreaterThan(0);
  }
});

it('says its version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await emerging.run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

it('shows the help without a command, and that is wrong usage', async () => {
  const { code, stdout, stderr } = await emerging.run();
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('Usage: emerging [options] [command]');
});

it('prints a stack trace with --debug alone', async () => {
  const { stderr } = await emerging.run('evaluate', 'nothing', '--debug');
  expect(stderr).toMatch(/^emerging: nothing is not a run folder.*\n/);
  expect(stderr).toMatch(/^ {4}at .*runFolder/m);
});
