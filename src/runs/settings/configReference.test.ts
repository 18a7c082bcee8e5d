// The list of keys and the JSON Schema agree with the validation itself.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optimizers } from '../../tensor/optimizers/registry.ts';
import { commandLine } from '../../testing/command.ts';
import { checkLayer } from './config.ts';
import { configKeys, configSchemaText } from './configReference.ts';
import { presets } from './presets.ts';
import { resolveConfig } from './resolve.ts';

const schema = JSON.parse(configSchemaText());

describe('configKeys', () => {
  it('lists every key of a configuration, for any optimiser, and no other', () => {
    const listedKeys = configKeys().map(({ key }) => key);
    const written = optimizers.names.flatMap((optimizer) => {
      const overrides = { data: { name: 'mnist' }, training: { optimizer } };
      const { seed: _, ...sections } = resolveConfig({ overrides });
      return Object.entries(sections).flatMap(([name, keys]) =>
        Object.keys(keys).map((key) => `${name}.${key}`),
      );
    });
    expect(listedKeys).toEqual(expect.arrayContaining(['seed', ...written]));
    for (const key of listedKeys) {
      const [section, name] = key.split('.') as [string, string | undefined];
      expect(schema.properties[section].properties?.[name!] ?? schema.properties[section], key).toBeDefined();
    }
  });
});

// Processes of their own: other tests register parts in this one.
it.each([
  ['--schema', 'config.schema.json'],
  ['--markdown', 'settings.md'],
])('emerging config %s prints the shipped docs/%s', async (option, file) => {
  const shipped = readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');
  const { code, stdout } = await commandLine().run('config', option);
  expect(code).toBe(0);
  expect(shipped, `npx emerging config ${option} > docs/${file}`).toBe(stdout);
});

describe('configSchemaText', () => {
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
      minimum: 0,
      default: 3,
    });
    expect(schema.properties.model.properties.levels.maximum).toBe(12);
    expect(schema.properties.seed.maximum).toBeUndefined();
    expect(() => checkLayer({ model: { levels: -1 } })).toThrow('from 0 to 12');
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
