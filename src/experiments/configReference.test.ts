// The list of keys and the JSON Schema agree with the validation itself.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optimizerNames } from '../optimizers/registry.ts';
import { checkLayer } from './config.ts';
import { configKeys, configSchemaText } from './configReference.ts';
import { presets } from './presets.ts';
import { resolveConfig } from './resolve.ts';

const schema = JSON.parse(configSchemaText());

describe('configKeys', () => {
  it('lists every key of a configuration, for any optimiser, and no other', () => {
    const known = configKeys().map(({ key }) => key);
    const written = optimizerNames.flatMap((optimizer) => {
      const overrides = { data: { name: 'mnist' }, training: { optimizer } };
      const { seed: _, ...sections } = resolveConfig({ overrides });
      return Object.entries(sections).flatMap(([name, keys]) =>
        Object.keys(keys).map((key) => `${name}.${key}`),
      );
    });
    expect(known).toEqual(expect.arrayContaining(['seed', ...written]));
    for (const key of known) {
      const [section, name] = key.split('.') as [string, string | undefined];
      expect(schema.properties[section].properties?.[name!] ?? schema.properties[section], key).toBeDefined();
    }
  });

  it('describes the meaning, range and default of each', () => {
    for (const { key, meaning, range } of configKeys()) {
      expect(meaning, key).toMatch(/^[A-Z].*\.$/);
      expect(range, key).not.toMatch(/Invalid|expected/);
    }
    expect(configKeys()).toContainEqual({
      key: 'model.bits',
      meaning: 'Bits per integer value, by default those of the images; images of more are reduced to them.',
      default: null,
      range: 'a whole number from 1 to 16',
      users: null,
      changeable: false,
    });
    expect(configKeys().find(({ key }) => key === 'data.name')).toMatchObject({ default: null });
    expect(configKeys().find(({ key }) => key === 'training.weightDecay')).toMatchObject({
      default: '0.01',
      range: 'a number from 0 to 1000',
    });
  });

  it('names the parts that use a key', () => {
    const users = Object.fromEntries(configKeys().flatMap(({ key, users }) => (users ? [[key, users]] : [])));
    expect(users).toEqual({
      'model.width': ['glow', 'gated'],
      'model.components': ['mixture'],
      'model.blocks': ['gated'],
      'model.scaleFloor': ['affine'],
      'model.kernelSize': expect.arrayContaining(['emerging', 'periodic']),
      'model.dilation': expect.arrayContaining(['emerging']),
      'model.hiddenChannels': expect.arrayContaining(['maf']),
      'model.normBound': ['convexp'],
      'model.channelRank': ['woodbury', 'woodbury-me'],
      'model.spaceRank': ['woodbury', 'woodbury-me'],
      'model.diagonals': ['circulant'],
    });
    expect(users['model.dilation']).not.toContain('periodic');
    const { description } = schema.properties.model.properties.dilation;
    expect(description).toContain("The spacing of the kernel's taps; only for emerging");
  });

  it('says what a resume may change: how a run is trained, not the model or its data', () => {
    const changeable = configKeys().filter((key) => key.changeable);
    const keys = changeable.map(({ key }) => key);
    expect(keys).toEqual(
      expect.arrayContaining(['training.learningRate', 'training.steps', 'training.clipNorm']),
    );
    expect(keys.filter((key) => !key.startsWith('training.'))).toEqual([]);
    expect(keys).not.toContain('training.batchSize');
    expect(keys).not.toContain('training.optimizer');
    const { learningRate, batchSize } = schema.properties.training.properties;
    expect(learningRate.description).toBe('Learning rate between warm-up and decay; a resume may change it.');
    expect([learningRate.changeable, batchSize.description]).toEqual([
      undefined,
      'Images per update, over all workers and micro-batches.',
    ]);
  });
});

describe('configSchemaText', () => {
  it('is the shipped file', () => {
    const shipped = readFileSync(new URL('../../docs/config.schema.json', import.meta.url), 'utf8');
    expect(shipped, 'npx emerging config --schema > docs/config.schema.json').toBe(configSchemaText());
  });

  it('describes every key and rejects others, as the validation does', () => {
    for (const [section, { properties, additionalProperties, description }] of Object.entries<typeof schema>(
      schema.properties,
    )) {
      expect(description, section).toBeTruthy();
      if (properties !== undefined) {
        expect(additionalProperties).toBe(false);
        for (const [key, property] of Object.entries<typeof schema>(properties)) {
          expect(property.description, key).toBeTruthy();
        }
      }
    }
    expect(schema.properties.model.properties.levels).toMatchObject({
      type: 'integer',
      minimum: 1,
      default: 3,
    });
    expect(schema.properties.model.properties.levels.maximum).toBe(12);
    expect(schema.properties.seed.maximum).toBeUndefined();
    expect(() => checkLayer({ model: { levels: 0 } })).toThrow('from 1 to 12');
    expect(schema.properties.model.properties.mixing.examples).toContain('emerging');
  });

  it('knows every key that a preset sets', () => {
    for (const { config } of presets) {
      for (const [section, keys] of Object.entries(config)) {
        for (const key of typeof keys === 'object' ? Object.keys(keys) : []) {
          expect(schema.properties[section].properties).toHaveProperty(key);
        }
      }
    }
  });
});
