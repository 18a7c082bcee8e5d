// A model card states what was measured and on which dataset, but not where the files were.
import { expect, it } from 'vitest';
import { countParameters } from '../../flows/models/flowRegistry.ts';
import { Glow } from '../../flows/models/glow.ts';
import type { ConditionComponent, ModelOptions } from '../../flows/models/options.ts';
import { resolveConfig } from '../../runs/settings/resolve.ts';
import { modelCard, sampleCommand } from './modelCard.ts';

const config = resolveConfig({
  preset: 'mnist-quickstart',
  overrides: { data: { name: '/home/me/digits' } },
});
const model = new Glow([28, 28, 1], config.model);
const about = {
  model,
  config,
  step: 40,
  pictures: { Samples: 'samples/a.png' },
  commands: { 'draw images': 'emerging sample .' },
};
const evaluation = {
  split: 'test',
  weights: 'average',
  step: 40,
  draws: 2,
  images: 10_000,
  bitsPerDim: 1.23456,
};

it('has the last numbers of each kind with both errors', () => {
  const evaluations = [
    { ...evaluation, bitsPerDim: 9 },
    { ...evaluation, standardError: 0.00012, samplingError: 0.0045 },
    { ...evaluation, weights: 'raw', standardError: null },
  ];
  const card = modelCard({
    ...about,
    summary: {
      preset: 'mnist-quickstart',
      steps: 40,
      droppedSteps: 3,
      rollbacks: 1,
      seconds: 90,
      device: 'cpu',
      threads: 2,
      bitsPerDim: 1.5,
      evaluations,
    },
  });
  expect(card).toContain('| test | 1.2346 | 0.0001 | 0.0045 | 10000 | 2 | uniform | average | 40 |');
  expect(card).toContain('| test | 1.2346 | - | - | 10000 | 2 | uniform | raw | 40 |');
  expect(card).toContain('| validation | 1.5000 | - | - | - | 1 | uniform | average | 40 |');
  expect(card).not.toContain('9.0000');
  expect(card).toContain(countParameters([28, 28, 1], config.model).toLocaleString('en-US'));
  expect(card).toContain(
    '40 steps of 16 images each, 3 steps dropped, rolled back once, 1.5 minutes on cpu with 2 threads',
  );
  expect(card).toContain('![Samples](samples/a.png)');
  expect(card).toContain('emerging sample .   # draw images');
});

it('says which bound a number is', () => {
  const model = { ...config.model, dequantisation: 'variational' } as const;
  const importance = { draws: 16, bitsPerDim: 1.1, samplingError: 0.01 };
  const evaluation = {
    split: 'test',
    weights: 'average',
    step: 40,
    bitsPerDim: 1.2,
    draws: 2,
    images: 9,
    importance,
  };
  const card = modelCard({
    ...about,
    config: { ...config, model },
    summary: { evaluations: [evaluation] },
  });
  expect(card).toContain('| test | 1.2000 | - | - | 9 | 2 | variational | average | 40 |');
  expect(card).toContain(
    '| test | 1.1000 | - | 0.0100 | 9 | 16 | importance-weighted, variational | average | 40 |',
  );
});

it('names the conditions, and says that its numbers are given them', () => {
  const condition = [{ name: 'omega', mean: 0.3, deviation: 0.1 }];
  const conditioned = {
    ...config,
    data: { ...config.data, name: 'mnist' },
    model: { ...config.model, condition },
  };
  const card = modelCard({
    ...about,
    config: conditioned,
    model: new Glow([28, 28, 1], conditioned.model),
    summary: { preset: 'mnist-quickstart', evaluations: [evaluation] },
  });
  expect(card).toContain('| Conditions | 1, on which couplings and learned priors depend: omega |');
  expect(card).toContain('| Preset and seed | mnist-quickstart, seed 0 |');
  expect(card).toContain(
    'These bits/dim measure p(image | condition): each image is given its own condition.',
  );
});

it('names the dataset but not its folder, and says if nothing was measured', () => {
  const card = modelCard({ ...about, summary: {} });
  expect(card).toContain('the training images of digits, ');
  expect(card).not.toContain('/home');
  expect(card).toContain('Nothing was measured yet.');
});

it('shows any name of a dataset or preset without treating it as markup', () => {
  const name = 'a`id`|b\n```\nnpx evil\n```\n<img src=x>\u001b[31m';
  const evil = resolveConfig({ preset: 'mnist-quickstart', overrides: { data: { name } } });
  const card = modelCard({ ...about, config: evil, summary: { preset: name } });
  const plain = modelCard({ ...about, config: evil, summary: { preset: null } });
  for (const text of [card, plain]) {
    expect(text).toContain('a\\`id\\`\\|b\\\\u000a');
    expect(text.match(/^```$/gm)).toHaveLength(2);
    expect(text).not.toMatch(/^npx evil/m);
    expect(text).not.toMatch(/[^\\]<img/);
    expect(text).not.toContain('\u001b');
  }
});

const createModel = (options: Partial<ModelOptions>) =>
  new Glow([4, 4, 1], { levels: 1, depth: 1, conditioner: { width: 4 }, mixing: '1x1', ...options });
const numbers = (...names: string[]): ConditionComponent[] =>
  names.map((name) => ({ name, mean: 0.3049, deviation: 1 }));

it('commands give a model its condition: numbers near the mean, or a file', () => {
  const conditionArgs = (condition: readonly ConditionComponent[]) =>
    /sample \.(.*) --temperature/.exec(sampleCommand(createModel({ condition })))![1];
  expect(sampleCommand(createModel({}))).toBe('npx emerging sample . --temperature 0.8 --out samples.png');
  expect(conditionArgs(numbers('omega', 'sigma8'))).toBe(' --condition omega=0.3 --condition sigma8=0.3');
  const file = ' --condition conditions.npz';
  expect(conditionArgs([...numbers('omega'), { name: 'low', mean: 0, deviation: 1, shape: [4, 4, 1] }])).toBe(
    file,
  );
  expect(conditionArgs(numbers('a', 'b', 'c', 'd', 'e'))).toBe(file);
  expect(conditionArgs(numbers('$(id)'))).toBe(file);
});
