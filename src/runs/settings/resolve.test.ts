import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { stringifyConfig } from './configText.ts';
import { parseLayer, resolveConfig } from './resolve.ts';

const writeConfig = (text: string) => ({ path: 'experiment.yaml', text });
const preset = 'mnist-quickstart';
const wrong = (message: string) => new UserError('invalid-config', message);

test('micro-batches stay equal to batches unless one was chosen', () => {
  const equalBatches = writeConfig('data: { name: mnist }\ntraining: { batchSize: 16, microBatch: 16 }');
  const { batchSize, microBatch } = resolveConfig({
    file: equalBatches,
    set: ['training.batchSize=4'],
  }).training;
  expect([batchSize, microBatch]).toEqual([4, 4]);
  const chosen = writeConfig('data: { name: mnist }\ntraining: { batchSize: 16, microBatch: 2 }');
  expect(resolveConfig({ file: chosen, set: ['training.batchSize=4'] }).training.microBatch).toBe(2);
});

describe('layers', () => {
  test('options win over settings, settings over the preset, the preset over defaults', () => {
    const config = resolveConfig({
      preset,
      set: ['model.conditioner.width=32', 'seed=5', 'data.name=other', 'model.conditioner.width=16'],
      overrides: { seed: 7, data: { name: 'folder/of/images' } },
    });
    expect(config.model).toMatchObject({ levels: 2, depth: 4, conditioner: { width: 16 } });
    expect(config.seed).toBe(7);
    expect(config.data).toEqual({ name: 'folder/of/images', augment: [], validation: 'auto' });
  });

  test('an unset option changes nothing', () => {
    const overrides = {
      seed: undefined,
      data: { name: undefined },
      training: { steps: undefined, epochs: undefined },
    };
    expect(resolveConfig({ preset, overrides })).toEqual(resolveConfig({ preset }));
  });

  test("changing the optimiser removes the previous one's options", () => {
    const adamw = 'training.optimizer=adamw';
    const { training } = resolveConfig({ preset, set: [adamw, 'training.optimizer.beta2=0.99'] });
    expect(training).toMatchObject({
      optimizer: { name: 'adamw', beta1: 0.9, beta2: 0.99 },
      learningRate: 0.003,
    });
    expect(training.optimizer).not.toHaveProperty('biasCorrection');

    const file = writeConfig('training: { optimizer: { name: adamw, weightDecay: 0.1 } }');
    const back = resolveConfig({ preset, file, set: ['training.optimizer=adamax'] }).training;
    expect(back).toMatchObject({ optimizer: { name: 'adamax', biasCorrection: 'glow' } });
    expect(back.optimizer).not.toHaveProperty('weightDecay');
    expect(
      resolveConfig({ preset, file, set: ['training.optimizer=adamw'] }).training.optimizer,
    ).toMatchObject({ weightDecay: 0.1 });
  });

  test('an option of an optimiser not chosen is rejected, set before or after the choice', () => {
    const settings = ['training.optimizer=adamw', 'training.optimizer.biasCorrection=standard'];
    for (const set of [settings, settings.toReversed()]) {
      expect(() => resolveConfig({ preset, set })).toThrow(
        wrong(
          'training.optimizer.biasCorrection is an option of adamax, muon, but training.optimizer is adamw: ' +
            'leave it out or set training.optimizer=adamax',
        ),
      );
    }
    const file = writeConfig('data: { name: mnist }\ntraining: { optimizer: { weightDecay: 0.1 } }');
    expect(() => resolveConfig({ file, set: ['training.optimizer=adamax'] })).toThrow(
      'training.optimizer.weightDecay is an option of adamw, muon, but training.optimizer is adamax: ',
    );
  });

  test('steps and epochs replace each other from layer to layer', () => {
    const { training } = resolveConfig({ preset, set: ['training.epochs=3', 'training.warmupEpochs=0'] });
    expect(training).toMatchObject({ epochs: 3, warmupEpochs: 0 });
    expect(training).not.toHaveProperty('steps');
    expect(training).not.toHaveProperty('warmupSteps');

    const again = resolveConfig({
      preset: 'mnist-emerging-d16',
      set: ['training.epochs=3', 'training.warmupSteps=9'],
      overrides: { training: { steps: 8 } },
    }).training;
    expect(again).toMatchObject({ steps: 8, warmupSteps: 9 });
    expect(again).not.toHaveProperty('epochs');
    expect(again).not.toHaveProperty('warmupEpochs');
  });

  test('another mixing drops the options of the one below, the same keeps them', () => {
    const file = writeConfig('data: { name: mnist }\nmodel: { mixing: { name: emerging, kernelSize: 5 } }');
    const mixing = (...set: string[]) => resolveConfig({ file, set }).model.mixing;
    expect(mixing()).toEqual({ name: 'emerging', kernelSize: 5, dilation: 1 });
    expect(mixing('model.mixing.dilation=2')).toEqual({ name: 'emerging', kernelSize: 5, dilation: 2 });
    expect(mixing('model.mixing=emerging')).toEqual({ name: 'emerging', kernelSize: 5, dilation: 1 });
    expect(mixing('model.mixing=1x1')).toBe('1x1');
    const ordered = ['model.mixing.kernelSize=7', 'model.mixing=convexp'];
    for (const set of [ordered, ordered.toReversed()]) {
      expect(mixing(...set)).toEqual({ name: 'convexp', kernelSize: 7, normBound: 1 });
    }
  });

  test('a file builds on a preset, and settings on both', () => {
    const file = writeConfig('model: { depth: 3, conditioner: { width: 11 } }\ntraining: { steps: 7 }\n');
    const base = resolveConfig({ preset });
    const { model, training, data } = resolveConfig({ preset, file, set: ['model.conditioner.width=12'] });
    expect(model).toEqual({ ...base.model, depth: 3, conditioner: { name: 'glow', width: 12 } });
    expect(training).toMatchObject({ steps: 7, learningRate: base.training.learningRate });
    expect(training.epochs).toBeUndefined();
    expect(data).toEqual(base.data);
  });
});

describe('settings', () => {
  test('take any YAML value', () => {
    const config = resolveConfig({
      preset,
      set: ['data.augment=[]', 'model.learnedPrior=false', 'training.learningRate=1e-3', 'data.name=a=b'],
    });
    expect(config.data).toMatchObject({ name: 'a=b', augment: [] });
    expect(config.model.learnedPrior).toBe(false);
    expect(config.training.learningRate).toBe(0.001);
    expect(resolveConfig({ preset, set: ['model={depth: 2, conditioner: {width: 8}}'] }).model).toMatchObject(
      {
        levels: 2,
        depth: 2,
        conditioner: { width: 8 },
      },
    );
  });

  test.each([
    ['training.steps=100', 'training.epochs=2'],
    ['training.warmupEpochs=1', 'training.warmupSteps=9'],
    ['model.bits=5', 'model.continuous=true'],
  ])('%s and %s are rejected together, in any order', (...set) => {
    for (const settings of [set, set.toReversed()]) {
      expect(() => resolveConfig({ preset, set: settings })).toThrow(
        /: (keep one of them|leave one of them out)$/,
      );
    }
  });

  test.each([
    ['model.levels', "the setting 'model.levels' must be key=value, as in model.levels=2"],
    ['=3', "the setting '=3' must be key=value, as in model.levels=2"],
    ['levels=3', "unknown key 'levels': did you mean model.levels?"],
    ['__proto__.levels=3', "unknown key '__proto__': known: seed, data, model, training"],
    [
      'model=3',
      'model must be a section with the keys flow, levels, depth, mixing, coupling, conditioner, boundary, mask, checkerboard, checkerboardWidth, checkerboardMixing, prior, learnedPrior, classes, condition, continuous, bits, dequantisation, not 3',
    ],
    ['model.levels.x=3', 'model.levels must be a whole number from 0 to 12, not { x: 3 }'],
    ['model.levels=', 'model.levels must be a whole number from 0 to 12, not empty'],
    [
      'data.augment=[flip',
      "the setting 'data.augment=[flip': not valid YAML: Flow sequence must end with a ]",
    ],
    ['data.name=*x', "the setting 'data.name=*x': an alias (*name) is not supported: write the value out"],
  ])('%s is rejected', (setting, message) => {
    expect(() => resolveConfig({ preset, set: [setting] })).toThrow(wrong(message));
  });
});

describe('files', () => {
  test.each([
    ['model:\n  levels: 2\n  levels: 3\n', 'a.yaml:3: not valid YAML: Map keys must be unique'],
    [
      'seed: 1\nmodel: a: b\n',
      'a.yaml:2: not valid YAML: Nested mappings are not allowed in compact mappings',
    ],
    [
      'model:\n  bits: &a [*a]\n',
      'a.yaml:2: an anchor (&name) is not supported: write the value out where it is needed',
    ],
    ['model:\n\n  bits: *a\n', 'a.yaml:3: an alias (*name) is not supported: write the value out'],
    ['seed: !!int 1\n', 'a.yaml:1: a tag (!name) is not supported: remove it'],
    ['%YAML 1.1\n---\nseed: 1\n', 'a.yaml:1: a directive (%NAME) is not supported: remove it'],
    [
      'model: { <<: { levels: 2 } }\n',
      "a.yaml: unknown key 'model.<<': known: flow, levels, depth, mixing, coupling, conditioner, boundary, mask, checkerboard, checkerboardWidth, checkerboardMixing, prior, learnedPrior, classes, condition, continuous, bits, dequantisation",
    ],
    [
      'seed: 1\n__proto__: { seed: 2 }\n',
      "a.yaml: unknown key '__proto__': known: seed, data, model, training",
    ],
    [`seed: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`, 'a.yaml:1: nested deeper than 32 levels'],
    [`seed:\n  ${'- '.repeat(10_000)}1\n`, 'a.yaml:2: nested deeper than 32 levels'],
    [`${'? '.repeat(10_000)}1\n`, 'a.yaml:1: nested deeper than 32 levels'],
    [
      Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
      'a.yaml:102: indented by more than 100 columns',
    ],
    [`# ${'x'.repeat(65_535)}\n`, 'a.yaml:1: too long: 65538 characters (limit 65536)'],
    ['seed: 1\nmodel:\n  levls: 2\n', "a.yaml: unknown key 'model.levls': did you mean model.levels?"],
  ])('%j is rejected', (text, message) => {
    expect(() => parseLayer(text, 'a.yaml')).toThrow(wrong(message));
  });

  test('an empty file sets nothing', () => {
    expect(parseLayer('# nothing yet\n', 'a.yaml')).toEqual({});
  });

  test('of arbitrary bytes, or truncated anywhere, yield a layer or a one-line error', () => {
    const text = stringifyConfig(resolveConfig({ preset }));
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
      fc.nat(text.length).map((length) => text.slice(0, length)),
      fc
        .tuple(fc.nat(text.length), fc.string({ maxLength: 4 }))
        .map(([position, noise]) => text.slice(0, position) + noise + text.slice(position)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseLayer(text, 'a.yaml');
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as UserError).message).toMatch(/^a\.yaml[^\n]*$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
