import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exitCodeOf } from '../../src/app/cli/terminal/wording.ts';
import { UserError } from '../../src/core/errors.ts';
import { readStudies } from './readStudies.ts';
import { configsOf } from './runs.ts';
import { tinyStudy } from './tinyStudy.ts';

const folder = mkdtempSync(join(tmpdir(), 'studies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(exitCodeOf((error as UserError).code)).toBe(2);
    return (error as Error).message;
  }
  throw new Error('it did not fail');
}

function fileOf(value: unknown): string {
  const file = join(folder, 'studies.yaml');
  writeFileSync(file, typeof value === 'string' ? value : stringify(value));
  return file;
}

describe('readStudies', () => {
  const template = tinyStudy;

  it('reads a list from a file', () => {
    const named = { ...template, name: 'mine' };
    expect(readStudies(fileOf([named]))).toEqual([named]);
  });

  it.each(['mnist', 'deep-sky', 'emoji-parts', 'mnist-couplings'])(
    'reads the study of the results of %s',
    (name) => {
      const file = fileURLToPath(new URL(`../../docs/results/${name}.json`, import.meta.url));
      const [study] = readStudies(file);
      expect(study!.name).toBe(name);
      const [first, ...others] = configsOf(study!).values();
      for (const config of others) {
        expect({ ...config, model: first!.model }).toEqual(first);
      }
    },
  );

  it.each([
    [
      'a wrong variant',
      [{ ...template, comparisons: [{ title: 'a', variants: ['1x1', 'x'] }] }],
      /tiny: unknown variant 'x': did you mean 1x1/,
    ],
    [
      'a single variant',
      [{ ...template, comparisons: [{ title: 'a', variants: ['1x1'] }] }],
      /tiny: comparisons\.0\.variants: /,
    ],
    ['steps and seconds', [{ ...template, seconds: 3 }], /tiny: either steps or seconds/],
    ['no length', [{ ...template, steps: undefined }], /tiny: either steps or seconds/],
    ['an unknown key', [{ ...template, step: 3 }], /tiny: Unrecognized key: "step"/],
    ['a path as a name', [{ ...template, name: '../x' }], /\.\.\/x: name: /],
    ['a study without a name', [template, { ...template, name: undefined }], /: study 2 of the list: name: /],
    ['an entry that is not a study', [3], /: study 1 of the list: /],
    ['the same seed twice', [{ ...template, seeds: [1, 1] }], /tiny: seeds: .*distinct/],
    ['an unknown preset', [{ ...template, preset: 'mnit' }], /tiny: .*mnit/],
    [
      'an unknown key among the changes',
      [{ ...template, changes: ['model.widht=3'] }],
      /tiny: unknown key 'model\.widht'/,
    ],
    [
      'a wrong value among the changes',
      [template, { ...template, name: 'mine', changes: ['model.conditioner.width=many'] }],
      /mine: model\.conditioner\.width must be .*'many'/,
    ],
    ['two with the same name', [template, template], /two studies have the same name/],
    ['a file that is not a list', { a: 1 }, /expected a list of studies/],
    ['a file that is not YAML', 'a: [', /not valid YAML/],
  ])('refuses %s', (_, value, message) => {
    const text = messageOf(() => readStudies(fileOf(value)));
    expect(text).toMatch(message);
    expect(text).toContain('studies.yaml');
  });

  it('refuses a search on a seed of the study', () => {
    const file = fileOf([{ ...template, search: { ...template.search, seed: 1 } }]);
    expect(messageOf(() => readStudies(file))).toContain('the seed 1 of the search');
  });

  it('names a missing file', () => {
    expect(messageOf(() => readStudies(join(folder, 'none.yaml')))).toMatch(
      /^cannot read .*none\.yaml: it does not exist/,
    );
  });
});
