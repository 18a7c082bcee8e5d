import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { UserError, type UserErrorCode } from '../../core/errors.ts';
import { mixingNames } from '../../flows/models/partRegistries.ts';
import { checkLayer } from './config.ts';
import type { Config, ConfigLayer } from './configSchema.ts';
import { stringifyConfig } from './configText.ts';
import { parseLayer, resolveConfig } from './resolve.ts';

const resolved = (layer: ConfigLayer): Config => resolveConfig({ overrides: layer });

describe('an invalid layer is rejected with one line', () => {
  test.each<[string, unknown, string, UserErrorCode?]>([
    ['unknown key', { model: { levls: 3 } }, "unknown key 'model.levls': did you mean model.levels?"],
    [
      'nothing near',
      { data: { zzzzzz: 1 } },
      "unknown key 'data.zzzzzz': known: name, conditions, augment, validation",
    ],
    ['key of the top', { model: { seed: 3 } }, "unknown key 'model.seed': did you mean seed?"],
    [
      'not a section',
      3,
      'the configuration must be a section with the keys seed, data, model, training, not 3',
    ],
    [
      'text for a number',
      { model: { levels: 'two' } },
      "model.levels must be a whole number from 0 to 12, not 'two'",
    ],
    [
      'a fraction of a checkerboard',
      { model: { checkerboard: [1, 0.5] } },
      'model.checkerboard must be a whole number from 0 to 1000, or a list of up to 12 of them, not [ 1, 0.5 ]',
    ],
    [
      'even kernel',
      { model: { mixing: { name: 'emerging', kernelSize: 4 } } },
      'model.mixing.kernelSize must be an odd whole number from 3 to 255, not 4',
    ],
    [
      'a long name',
      { data: { name: 'a'.repeat(4097) } },
      `data.name must be at most 4096 characters long, not '${'a'.repeat(59)}…'`,
    ],
    [
      'near choice',
      { model: { dequantisation: 'variation' } },
      "unknown model.dequantisation 'variation': did you mean variational? Register your own first: registerPart('variation')",
      'not-found',
    ],
    [
      'optimizer',
      { training: { optimizer: 'sgd' } },
      "unknown training.optimizer 'sgd': known: adamax, adamw, muon. Register your own first: registerPart('sgd')",
      'not-found',
    ],
    [
      'no list',
      { data: { augment: 'flip' } },
      "data.augment must be a list of flip, flipVertical, transpose, shift, shiftReflect, not 'flip'",
    ],
    [
      'word for the decay',
      { training: { decay: 'linear' } },
      "training.decay must be none, or a number above 0 and at most 1, not 'linear'",
    ],
    [
      'both lengths',
      { training: { steps: 1, epochs: 1 } },
      'training.epochs and training.steps are mutually exclusive: keep one of them',
    ],
    [
      'an option of a part in its section',
      { model: { kernelSize: 5 } },
      "unknown key 'model.kernelSize': did you mean model.mixing.kernelSize?",
    ],
    [
      'a misspelt option of a part',
      { model: { mixing: { name: 'emerging', kernelsize: 5 } } },
      'model.mixing.kernelsize is not an option of the mixing emerging: did you mean model.mixing.kernelSize?',
    ],
    [
      'an option of a part without options',
      { model: { mixing: { name: '1x1', dilation: 2 } } },
      'model.mixing.dilation is an option of emerging, finc, but model.mixing is 1x1: leave it out or set model.mixing=emerging',
    ],
  ])('%s', (_, layer, message, code = 'invalid-config') => {
    expect(() => checkLayer(layer)).toThrow(new UserError(code, message));
  });

  test.each(['mixing', 'coupling', 'conditioner', 'mask', 'flow'])(
    'unknown %s: how to register it',
    (key) => {
      expect(() => checkLayer({ model: { [key]: 'qqq' } })).toThrow(
        new RegExp(
          `^unknown model.${key} 'qqq': known: .*\\. Register your own first: registerPart\\('qqq'\\)$`,
        ),
      );
    },
  );

  test('for any value', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('seed', 'data', 'model', 'training'), (value, key) => {
        for (const layer of [value, { [key]: value }, { model: { levels: value } }]) {
          try {
            checkLayer(layer);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            expect((error as UserError).code).toBe('invalid-config');
            expect((error as UserError).message).not.toMatch(/\n/);
          }
        }
      }),
    );
  });
});

describe('a configuration', () => {
  test('has every default filled in', () => {
    expect(resolved({ data: { name: 'mnist' } })).toEqual({
      seed: 0,
      data: { name: 'mnist', augment: [], validation: 'auto' },
      model: {
        levels: 3,
        depth: 8,
        mixing: { name: 'emerging', kernelSize: 3, dilation: 1 },
        coupling: { name: 'affine', scaleFloor: 0 },
        conditioner: { name: 'glow', width: 512 },
        learnedPrior: true,
      },
      training: {
        optimizer: { name: 'adamax', biasCorrection: 'glow', epsilon: 1e-8 },
        learningRate: 0.001,
        warmupEpochs: 10,
        decay: 'none',
        batchSize: 64,
        microBatch: 64,
        epochs: 100,
        averageDecay: 'auto',
        clipNorm: 'none',
      },
    });
  });

  test('needs a dataset', () => {
    expect(() => resolved({})).toThrow(
      new UserError('invalid-config', 'data.name is missing: give the name or the path of a dataset'),
    );
  });

  test('has micro-batches that divide the batch: the whole batch by default', () => {
    const microBatch = (training: ConfigLayer['training']) =>
      resolved({ data: { name: 'mnist' }, training }).training.microBatch;
    expect(microBatch({ batchSize: 16 })).toBe(16);
    expect(microBatch({ batchSize: 256, microBatch: 64 })).toBe(64);
    for (const [batchSize, size, instead] of [
      [64, 24, 16],
      [16, 64, 16],
      [7, 3, 1],
      [1_048_576, 1_000_000, 524_288],
      [1_048_573, 1000, 1],
    ] as const) {
      expect(() => microBatch({ batchSize, microBatch: size })).toThrow(
        new UserError(
          'invalid-config',
          `training.microBatch is ${size} and training.batchSize ${batchSize}: ` +
            `the first must divide the second; set, for example, training.microBatch=${instead}`,
        ),
      );
    }
  });

  test('takes a gradient clipping norm', () => {
    const clipNorm = (value: unknown) =>
      resolveConfig({ overrides: { data: { name: 'mnist' } }, set: [`training.clipNorm=${value}`] }).training
        .clipNorm;
    expect([clipNorm('none'), clipNorm(0.5)]).toEqual(['none', 0.5]);
    for (const wrong of ['0', '-1', 'most', '.inf', '.nan']) {
      expect(() => clipNorm(wrong)).toThrow(
        'training.clipNorm must be none, or a number above 0 and at most 1000000000',
      );
    }
  });
});

describe('the text of a configuration', () => {
  test('is refused if it would be too long to read back', () => {
    const classes = Array.from({ length: 300 }, (_, number) => `${number}`.padEnd(250, 'x'));
    const config = resolved({ training: { steps: 10 }, data: { name: 'mnist' }, model: { classes } });
    expect(() => stringifyConfig(config)).toThrow(
      /too long, \d+ characters of at most 65536: use images of fewer channels/,
    );
  });

  test('has the order of the schema, regardless of the order of the object', () => {
    const config = resolved({ training: { steps: 10 }, data: { name: 'mnist' }, seed: 4 });
    const text = stringifyConfig(config);
    const shuffled = { ...config, data: { ...config.data } };
    const turned = Object.fromEntries(Object.entries(shuffled).reverse()) as unknown as Config;
    expect(stringifyConfig(turned)).toBe(text);
    expect(Object.keys(parse(text))).toEqual(['seed', 'data', 'model', 'training']);
    expect(text).toBe(`# yaml-language-server: $schema=config.schema.json
seed: 4
data:
  name: mnist
  augment: []
  validation: auto
model:
  levels: 3
  depth: 8
  mixing:
    name: emerging
    kernelSize: 3
    dilation: 1
  coupling:
    name: affine
    scaleFloor: 0
  conditioner:
    name: glow
    width: 512
  learnedPrior: true
training:
  optimizer:
    name: adamax
    biasCorrection: glow
    epsilon: 1e-8
  learningRate: 0.001
  warmupEpochs: 10
  decay: none
  batchSize: 64
  microBatch: 64
  steps: 10
  averageDecay: auto
  clipNorm: none
`);
  });

  test('parses back to an equal configuration', () => {
    const integer = (least: number, greatest = 5000) => fc.integer({ min: least, max: greatest });
    const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const either = (first: string, second: string) =>
      fc.tuple(fc.constantFrom(first, second), integer(1)).map(([key, value]) => ({ [key]: value }));
    const training = fc
      .tuple(
        fc.oneof(
          fc.record({ optimizer: fc.record({ biasCorrection: fc.constantFrom('glow', 'standard') }) }),
          fc.record({
            optimizer: fc.record({ name: fc.constant('adamw'), weightDecay: share, beta1: share }),
          }),
        ),
        fc.record({
          learningRate: fc.double({ min: 1e-12, max: 10, noNaN: true }),
          decay: fc.oneof(
            fc.constant('none' as const),
            share.filter((value) => value > 0),
          ),
          batchSize: integer(1),
          averageDecay: fc.oneof(fc.constant('auto' as const), share),
        }),
        either('epochs', 'steps'),
        either('warmupEpochs', 'warmupSteps'),
      )
      .map((parts) => Object.assign({}, ...parts) as NonNullable<ConfigLayer['training']>);
    const layer = fc.record({
      seed: fc.maxSafeNat(),
      data: fc.record({ name: fc.string({ minLength: 1, unit: 'binary' }), validation: share }),
      model: fc.record({
        levels: integer(1, 12),
        conditioner: fc.record({ width: integer(1) }),
        mixing: fc.oneof(
          fc.constantFrom(...mixingNames),
          fc.record({
            name: fc.constantFrom('emerging', 'periodic', 'convexp'),
            kernelSize: integer(1, 127).map((half) => 2 * half + 1),
          }),
        ),
        learnedPrior: fc.boolean(),
        bits: integer(1, 8),
      }),
      training,
    });
    fc.assert(
      fc.property(layer, (values) => {
        const config = resolved(values);
        const read = resolved(parseLayer(stringifyConfig(config), 'config.yaml'));
        expect(read).toEqual(config);
      }),
      { numRuns: 50 },
    );
  });
});
