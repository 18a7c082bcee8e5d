// Options recorded with weights: what is a difference, what is none, and how it is told.
import { describe, expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { describeOptions } from '../../core/parts/index.ts';
import { Glow } from '../../flows/models/glow.ts';
import { innerParts, type ModelOptions, recordedOptions } from '../../flows/models/options.ts';
import { FlowModel } from '../../model/flowModel.ts';
import { constant } from '../../tensor/tensor.ts';
import { randomParameters } from '../../testing/layers.ts';
import { tinyImages } from '../../testing/tinyImages.ts';
import { defaults, modelOptions } from './config.ts';
import { type Config, configSchema } from './configSchema.ts';
import { optionsText, recordedIn, requireTrainedOptions } from './trainedOptions.ts';

/** The error for options that differ from the training's; null if there is none. */
function difference(now: object, trained: object): string | null {
  try {
    requireTrainedOptions(now, 'config.yaml', trained, 'step-00000012.safetensors');
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).code).toBe('mismatch');
    return (error as UserError).message;
  }
}

const trained = modelOptions({ levels: 2, classes: ['one', 'two'] });
const condition = [
  { name: 'omega', mean: 0.3, deviation: 0.1 },
  { name: 'low', mean: 0, deviation: 2, shape: [8, 8, 1] },
];

it('names every option that differs, with both values', () => {
  expect(difference({ ...trained, mixing: { name: 'emerging', dilation: 2 } }, trained)).toBe(
    'config.yaml does not match the weights in step-00000012.safetensors: model.mixing.dilation is 2, but was 1 in training. ' +
      'Restore config.yaml, or the matching weights',
  );
  const { classes: _, ...others } = trained;
  expect(difference({ ...others, bits: 7, learnedPrior: false }, trained)).toContain(
    'model.learnedPrior is false, but was true in training; model.classes is not set, but was [ one, two ] in training; model.bits is 7, but was 8 in training. Re',
  );
  expect(difference({ ...trained, mixing: 'mine' }, trained)).toContain(
    "model.mixing is 'mine', but was 'emerging' in training",
  );
  expect(difference({ ...trained, classes: ['two', 'one'] }, trained)).toContain(
    '[ two, one ], but was [ one',
  );
});

it('names every option of the schema', () => {
  for (const key of Object.keys(configSchema.shape.model.shape)) {
    expect(difference({ ...trained, [key]: 'another' }, trained)).toContain(
      `model.${key} is 'another', but was `,
    );
  }
});

it('says a foreign list of options in one short line', () => {
  const foreign = Object.fromEntries(
    Array.from({ length: 999 }, (_, index) => [`\n\u001b${index}`, 'x'.repeat(999)]),
  );
  const message = difference(trained, foreign)!;
  expect(message).toMatch(/; and 997 more\. Restore/);
  expect(message).not.toMatch(/\p{C}/u);
  expect(message.length).toBeLessThan(800);
});

it('takes a text of its own only', () => {
  expect(recordedIn(optionsText(trained))).toEqual(recordedOptions(trained));
  expect(difference(recordedOptions(trained), trained)).toBeNull();
  const { classes: _, ...others } = trained;
  const conditioned = { ...others, condition };
  expect(recordedIn(optionsText(conditioned))).toEqual(recordedOptions(conditioned));
  expect(difference({ ...others, condition: condition.slice(1) }, conditioned)).toContain(
    'model.condition is ',
  );
  for (const text of [
    '',
    'null',
    '[]',
    '{"a":null}',
    '{"a":{"b":{}}}',
    `{"a":${'['.repeat(1e6)}`,
    `{"a":[[1]]}`,
  ]) {
    expect(recordedIn(text), text.slice(0, 20)).toBeNull();
  }
});

it('has one text, whatever order the options were set in', () => {
  const turned = Object.fromEntries(Object.entries(trained).reverse()) as Config['model'];
  expect(optionsText(turned)).toBe(optionsText(trained));
});

describe('a default', () => {
  /** Optional keys with their defaults, another value, and what makes a model use them. */
  const optional: readonly [string, unknown, unknown, Partial<ModelOptions>][] = [
    ['boundary', 'zero', 'periodic', {}],
    ['mask', 'channels', 'checkerboard', {}],
    ['prior', 'gaussian', 'student-t', {}],
    ['checkerboard', 0, 2, {}],
    ['checkerboardWidth', 32, 5, { checkerboard: 1 }],
    ['checkerboardMixing', false, true, { checkerboard: 1 }],
    ['dequantisation', 'uniform', 'variational', {}],
  ];

  it('is known for every key that may be left out', () => {
    const keys = Object.keys(configSchema.shape.model.shape);
    const required = Object.keys(defaults.model!);
    // The library has only one flow, and so no other value to compare.
    // Classes, conditions, bits and real numbers follow from the images.
    const ofImages = ['classes', 'condition', 'bits', 'continuous'];
    expect([...required, ...ofImages, 'flow', ...optional.map(([key]) => key)].sort()).toEqual(keys.sort());
  });

  it.each(optional)('of %s is treated as set, and is the model’s', async (key, value, other, options) => {
    const set = { ...options, [key]: value };
    expect(difference(set, options)).toBeNull();
    expect(difference(options, set)).toBeNull();
    expect(difference({ ...options, [key]: undefined }, set)).toBeNull();
    expect(difference({ ...options, [key]: other }, options)).toContain(`model.${key} is`);
    const bitsPerDim = await bitsPerDimWith(options);
    expect(await bitsPerDimWith(set)).toEqual(bitsPerDim);
    expect(await bitsPerDimWith({ ...options, [key]: other })).not.toEqual(bitsPerDim);
  });

  /** Other values than one less, which fit limits and images. */
  const others: Readonly<Record<string, unknown>> = {
    ...{ kernelSize: 5, dilation: 2, hiddenChannels: 24, normBound: 8, scaleFloor: 0.2 },
    // Ranks are at most the numbers of channels and rows.
    ...{ channelRank: 3, spaceRank: 3, diagonals: 3 },
  };
  /** Options of parts with another value. */
  const options: readonly [keyof typeof innerParts, string, string, unknown][] = Object.entries(
    innerParts,
  ).flatMap(([key, { library }]) =>
    library.flatMap(({ name, options: schemas }) =>
      describeOptions(schemas).map(
        ({ name: option, default: value }): [keyof typeof innerParts, string, string, unknown] => [
          key as keyof typeof innerParts,
          name,
          option,
          others[option] ?? Number(value) - 1,
        ],
      ),
    ),
  );

  it.each(options)('of an option is treated as set: %s %s %s', async (key, name, option, otherValue) => {
    const chosen = { [key]: name };
    const complete = { [key]: innerParts[key].complete(name) };
    const changed = { [key]: { name, [option]: otherValue } };
    expect(difference(complete, chosen)).toBeNull();
    expect(difference(chosen, complete)).toBeNull();
    expect(difference(changed, chosen)).toContain(`model.${key}.${option} is ${otherValue}, but was`);
    const bitsPerDim = await bitsPerDimWith(chosen);
    expect(await bitsPerDimWith(complete)).toEqual(bitsPerDim);
    expect(await bitsPerDimWith(changed)).not.toEqual(bitsPerDim);
  });

  it('of an option that a later version adds is filled in for weights from before', () => {
    const before = { ...trained, mixing: { name: 'emerging', kernelSize: 3 } };
    expect(difference(trained, before)).toBeNull();
    const now = { ...trained, mixing: { name: 'emerging', kernelSize: 3, dilation: 2 } };
    expect(difference(now, before)).toContain('model.mixing.dilation is 2, but was 1');
  });
});

/** The bits/dim of images with more channels and pixels than the ranks, under random weights. */
async function bitsPerDimWith(options: Partial<ModelOptions>): Promise<Float64Array> {
  const model = new Glow([12, 12, 3], {
    ...modelOptions({ levels: 1, depth: 1, conditioner: { width: 4 } }),
    ...options,
  });
  const arrays = Object.entries(randomParameters(model.parameters));
  const parameters = Object.fromEntries(arrays.map(([path, array]) => [path, constant(array)]));
  const used = new FlowModel({ model, parameters }, { threads: 1 });
  try {
    return await used.bitsPerDim(tinyImages(3, 12, 0));
  } finally {
    used.release();
  }
}
