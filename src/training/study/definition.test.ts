import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseStudy, type StudyDefinition, studyConfig } from './definition.ts';

const base = { preset: 'mnist-quickstart', 'training.steps': 100 };
const template: StudyDefinition = { base, seeds: [0, 1], grid: { 'model.mixing': ['1x1', 'emerging'] } };

describe('parseStudy', () => {
  it.each(['docs/studies.md', 'docs/results/README.md'])('takes the study in %s', (document) => {
    const text = readFileSync(new URL(`../../../${document}`, import.meta.url), 'utf8');
    // Without the reader's own mixing.
    const study = /```yaml\n([\s\S]*?)```/.exec(text)![1]!.replace(', mine', '');
    const { variants, rates } = parseStudy(parse(study));
    expect(variants.map(({ name }) => name)).toContain('emerging');
    expect(rates!.length).toBeGreaterThan(3);
  });

  it('combines named variants with every value of the grid, the baseline first', () => {
    const { variants } = parseStudy({
      ...template,
      grid: { 'model.mixing': ['1x1', 'emerging'], 'model.depth': [2, 3] },
      variants: { plain: {}, wide: { 'model.conditioner.width': 40 } },
      baseline: 'wide-1x1-depth=3',
    });
    expect(variants.map(({ name }) => name)).toEqual([
      'wide-1x1-depth=3',
      'plain-1x1-depth=2',
      'plain-1x1-depth=3',
      'plain-emerging-depth=2',
      'plain-emerging-depth=3',
      'wide-1x1-depth=2',
      'wide-emerging-depth=2',
      'wide-emerging-depth=3',
    ]);
    expect(variants[0]!.settings).toEqual([
      'model.conditioner.width=40',
      'model.mixing="1x1"',
      'model.depth=3',
    ]);
  });

  it('makes the configuration of a training of base, variant, dataset, seed and rate', () => {
    const study = parseStudy({ ...template, datasets: ['a/photos.images'] });
    const [dataset] = study.datasets;
    expect(dataset).toEqual({ name: 'photos.images', source: 'a/photos.images' });
    const config = studyConfig(study, study.variants[1]!, { dataset: dataset!, seed: 7, rate: 0.02 });
    expect(config).toMatchObject({
      seed: 7,
      data: { name: 'a/photos.images' },
      model: { mixing: { name: 'emerging' } },
      training: { steps: 100, learningRate: 0.02 },
    });
  });

  it('lets a variant change what the base sets, however both are written', () => {
    const study = parseStudy({
      ...template,
      base: {
        ...base,
        model: { depth: 2 },
        'model.conditioner.width': 8,
        'training.optimizer': 'muon',
        'training.optimizer.momentum': 0.9,
      },
      variants: {
        plain: {},
        changed: { model: { conditioner: { width: 16 } }, 'training.optimizer': 'adamw' },
      },
    });
    const [plain, , changed] = study.variants.map((variant) => studyConfig(study, variant, { seed: 0 }));
    expect(plain).toMatchObject({
      model: { depth: 2, conditioner: { width: 8 } },
      training: { optimizer: { name: 'muon' } },
    });
    expect(changed).toMatchObject({
      model: { depth: 2, conditioner: { width: 16 } },
      training: { optimizer: { name: 'adamw' } },
    });
  });

  it('spreads the rates of a range evenly, by a factor of at most 3', () => {
    const rates = (search: number[]) =>
      parseStudy({ ...template, grid: { ...template.grid, 'training.learningRate': { search } } }).rates;
    expect(rates([0.0005, 0.03])).toEqual([0.0005, 0.0014, 0.0039, 0.011, 0.03]);
    expect(rates([0.001, 0.009])).toEqual([0.001, 0.003, 0.009]);
    expect(rates([0.001, 0.002, 0.1])).toEqual([0.001, 0.002, 0.1]);
    expect(parseStudy(template)).toMatchObject({ rates: null, search: { seeds: [2, 3] } });
  });

  it.each<[string, unknown, RegExp]>([
    ['no study', null, /^the study must be keys with their values$/],
    ['an unknown key', { ...template, seed: 3 }, /^unknown key 'seed'; known: title, base, /],
    ['no base', { seeds: [0] }, /^base is missing: give keys/],
    ['no seeds', { ...template, seeds: undefined }, /^seeds is missing/],
    ['the same seed twice', { ...template, seeds: [1, 1] }, /^seeds must be .*different/],
    [
      'a value instead of a list',
      { ...template, grid: { 'model.mixing': 'x' } },
      /^grid\.model\.mixing must be a list/,
    ],
    [
      'an unknown mixing',
      { ...template, grid: { 'model.mixing': ['1x1', 'emergin'] } },
      /^emergin: unknown model\.mixing/,
    ],
    [
      'an unknown key of the grid',
      { ...template, grid: { 'model.mixin': [1, 2] } },
      /unknown key 'model\.mixin'/,
    ],
    [
      'an unknown key of the base',
      { ...template, base: { preset: 'mnist', model: { widht: 3 } } },
      /^base: .*unknown key 'model\.widht'/,
    ],
    [
      'an unusable key',
      { ...template, base: { ...base, '__proto__.x': 1 } },
      /^base: unknown key '__proto__'/,
    ],
    ['an unknown preset', { ...template, base: { preset: 'mnit' } }, /mnit/],
    ['no dataset', { ...template, base: { model: { depth: 2 } } }, /data\.name is missing/],
    ['a single variant', { ...template, grid: {} }, /^a study compares two or more variants/],
    [
      'the same variant twice',
      { ...template, grid: { 'model.mixing': ['1x1', '1x1'] } },
      /two would be called '1x1'/,
    ],
    [
      'an unknown baseline',
      { ...template, baseline: 'x' },
      /^baseline must be one of 1x1, emerging, not 'x'/,
    ],
    [
      'a search of another key',
      { ...template, grid: { 'model.depth': { search: [1, 2] } } },
      /only training\.learningRate/,
    ],
    [
      'descending rates',
      { ...template, grid: { 'training.learningRate': { search: [2, 1] } } },
      /^grid\.training\.learningRate/,
    ],
    [
      'a search on a seed of the study',
      {
        ...template,
        grid: { ...template.grid, 'training.learningRate': { search: [0.001, 0.01] } },
        search: { seeds: [1, 5] },
      },
      /1 is also a seed of the study/,
    ],
    [
      'variants that name their images',
      { ...template, variants: { digits: {}, clothes: { 'data.name': 'fashion-mnist' } } },
      /^clothes-1x1: data\.name differs from .*: list images in datasets$/,
    ],
    [
      'seeds in the grid',
      { ...template, grid: { seed: [5, 6] } },
      /^seed=5: seed differs from .*: list seeds in seeds$/,
    ],
    [
      'a rate of a variant whose rate is searched',
      {
        ...template,
        grid: { 'training.learningRate': { search: [0.001, 0.01] } },
        variants: { plain: {}, fast: { training: { learningRate: 0.1 } } },
      },
      /^fast: training\.learningRate is also searched/,
    ],
    [
      'a huge grid',
      { ...template, grid: { 'model.depth': Array.from({ length: 101 }, (_, n) => n + 1) } },
      /more than 100/,
    ],
    [
      'too many named variants',
      {
        base,
        seeds: [0],
        variants: Object.fromEntries(
          Array.from({ length: 101 }, (_, n) => [`v${n}`, { 'model.depth': n + 1 }]),
        ),
      },
      /more than 100/,
    ],
    [
      'a variant named by punctuation',
      { base, seeds: [0], variants: { '*': {}, wide: { 'model.conditioner.width': 40 } } },
      /^variants: a name needs letters or digits$/,
    ],
    [
      'a dataset named as a report',
      { ...template, datasets: ['data/report.csv'] },
      /^datasets: the study writes a file report\.csv: rename data\/report\.csv$/,
    ],
    ['a search of nothing', { ...template, search: { steps: 50 } }, /^search has no effect/],
    [
      'rates that configurations refuse',
      { ...template, grid: { ...template.grid, 'training.learningRate': { search: [500, 5000] } } },
      /^grid\.training\.learningRate.* must be two or more ascending numbers above 0, at most 1000$/,
    ],
  ])('refuses %s in one line', (_, value, message) => {
    expect(() => parseStudy(value)).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringMatching(message) }),
    );
  });
});
