import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exitCodeOf } from '../../src/cli/terminal/wording.ts';
import { UserError } from '../../src/errors.ts';
import { readStudies } from './readStudies.ts';
import { configOf, seedRun } from './runs.ts';
import { chooseStudies, variantsOf } from './studies.ts';

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

describe('the built-in studies', () => {
  it.each(readStudies().map((study) => [study.name, study] as const))(
    '%s gives every variant the same configuration except for its changes and rate',
    (_, study) => {
      const configs = variantsOf(study).map((variant) => configOf(seedRun('runs', study, variant, 3, 0.01)));
      const [first] = configs;
      for (const config of configs) {
        expect({ ...config, model: first!.model }).toEqual(first);
      }
      expect(first).toMatchObject({ seed: 3, data: { name: study.data.name } });
      expect(first!.training).toMatchObject({ learningRate: 0.01, decay: 'none' });
      expect(study.steps === undefined || first!.training.steps === study.steps).toBe(true);
    },
  );

  it('have three seeds or more and searches that end before the runs do', () => {
    for (const { seeds, search, steps } of readStudies()) {
      expect(seeds.length).toBeGreaterThanOrEqual(3);
      expect(search.steps).toBeLessThan(steps ?? Number.POSITIVE_INFINITY);
    }
  });
});

describe('readStudies', () => {
  const [template] = readStudies();

  it('reads a list from a file', () => {
    const named = { ...template, name: 'mine' };
    expect(readStudies(fileOf([named]))).toEqual([named]);
  });

  it.each([
    [
      'a wrong variant',
      [{ ...template, comparisons: [{ title: 'a', variants: ['1x1', 'x'] }] }],
      /mnist-small: unknown variant 'x': did you mean 1x1/,
    ],
    [
      'a single variant',
      [{ ...template, comparisons: [{ title: 'a', variants: ['1x1'] }] }],
      /mnist-small: comparisons\.0\.variants: /,
    ],
    ['steps and seconds', [{ ...template, seconds: 3 }], /mnist-small: either steps or seconds/],
    ['no length', [{ ...template, steps: undefined }], /mnist-small: either steps or seconds/],
    ['an unknown key', [{ ...template, step: 3 }], /mnist-small: Unrecognized key: "step"/],
    ['a path as a name', [{ ...template, name: '../x' }], /\.\.\/x: name: /],
    ['a study without a name', [template, { ...template, name: undefined }], /: study 2 of the list: name: /],
    ['an entry that is not a study', [3], /: study 1 of the list: /],
    ['the same seed twice', [{ ...template, seeds: [1, 1] }], /mnist-small: seeds: .*distinct/],
    ['an unknown preset', [{ ...template, preset: 'mnit' }], /mnist-small: .*mnit/],
    [
      'an unknown key among the changes',
      [{ ...template, changes: ['model.widht=3'] }],
      /mnist-small: unknown key 'model\.widht'/,
    ],
    [
      'a wrong value among the changes',
      [template, { ...template, name: 'mine', changes: ['model.width=many'] }],
      /mine: model\.width must be .*'many'/,
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
    const file = fileOf([{ ...template, search: { ...template!.search, seed: 1 } }]);
    expect(messageOf(() => readStudies(file))).toContain('the seed 1 of the search');
  });

  it('names a missing file', () => {
    expect(messageOf(() => readStudies(join(folder, 'none.yaml')))).toMatch(
      /^cannot read .*none\.yaml: it does not exist/,
    );
  });
});

describe('chooseStudies', () => {
  it('keeps their order, and suggests similar names', () => {
    const studies = readStudies();
    expect(chooseStudies(studies, ['emoji', 'mnist']).map(({ name }) => name)).toEqual(['mnist', 'emoji']);
    expect(messageOf(() => chooseStudies(studies, ['emojis']))).toContain('did you mean emoji?');
  });
});
