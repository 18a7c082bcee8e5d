// Which paths a run may name: its images and conditions, if this account created it with them.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { readText } from '../../data/files/files.ts';
import { resolveConfig } from '../settings/resolve.ts';
import { locateData, markData } from './dataMark.ts';
import { runPaths } from './runFolder.ts';

const folder = mkdtempSync(join(tmpdir(), 'emerging-mark-'));
vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
const file = join(folder, 'a.csv');
writeFileSync(file, 'omega\n1\n');

const createConfig = (name: string, conditions?: string) =>
  resolveConfig({
    overrides: { data: { name, ...(conditions && { conditions }) }, model: { condition: true } },
  });
const newRun = () => runPaths(mkdtempSync(join(folder, 'run-')));

it.each([
  ['a dataset, a path', 'mnist', file],
  ['a path, a path', folder, file],
  ['a path, a name', folder, 'a.csv'],
  ['a name, a path', 'maps', file],
])('images and conditions: %s', (_, name, conditions) => {
  const config = createConfig(name, conditions);
  const paths = newRun();
  markData(paths, config);
  expect(existsSync(join(folder, 'state/emerging-flows/account.key'))).toBe(true);
  expect(locateData(paths, config, ['name them'])).toMatchObject({ path: name, conditions });
  for (const otherConfig of [
    createConfig(name, join(folder, 'b.csv')),
    createConfig(join(folder, 'other'), conditions),
  ]) {
    expect(() => locateData(paths, otherConfig, ['name them'])).toThrow(
      'was not created by this account: name them',
    );
  }
  expect(() => locateData(newRun(), createConfig(name, file), ['name them'])).toThrow(
    /names its (images|conditions) by the path .*, but the run was not created by this account/,
  );
});

it('a mark of one path is not a mark of two', () => {
  const paths = newRun();
  markData(paths, createConfig(`${folder}\n${file}`));
  expect(() => locateData(paths, createConfig(folder, file), ['name them'])).toThrow(
    'not created by this account',
  );
});

it('a relative file is found where the run was created', () => {
  const relativePath = relative('.', 'package.json');
  const config = createConfig('mnist', relativePath);
  const paths = newRun();
  markData(paths, config);
  expect(readText(paths.dataMark).split('\n')).toHaveLength(2);
  expect(locateData(paths, config, ['name them'])).toEqual({
    path: 'mnist',
    conditions: relativePath,
    note: null,
  });
});

it('a run that was trained to an action has no images; a damaged summary says nothing', () => {
  const paths = newRun();
  writeFileSync(paths.summary, '{"action":true}');
  expect(() => locateData(paths, createConfig('free'), ['name them'])).toThrow(
    /was trained to an action, without images: to train it longer, call trainToAction with resume: true; to measure it, name them$/,
  );
  writeFileSync(paths.summary, '{"action":');
  expect(locateData(paths, createConfig('mnist'), ['name them'])).toMatchObject({ path: 'mnist' });
});
