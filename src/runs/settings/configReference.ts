// Every key of a configuration with its meaning, default and range: for the help, and as a JSON Schema for
// editors.
import { parse, stringify } from 'yaml';
import * as z from 'zod/mini';
import {
  describeOptions,
  type OptionFacts,
  type OptionSchemas,
  type PartDefinition,
  type PartRegistry,
  rangeText,
} from '../../core/parts/index.ts';
import { keyFacts, layerSchema, partsFor } from './configSchema.ts';

/** A key of a configuration. */
export interface ConfigKey {
  /** Including its section: `model.levels`, `model.mixing.kernelSize`. */
  readonly key: string;
  /** In one sentence. */
  readonly meaning: string;
  /** As YAML; null if the key is required or its value follows from other keys. */
  readonly default: string | null;
  /** The values it accepts, in words. */
  readonly range: string;
  /** The parts that it chooses from, each in one sentence; null if it chooses none. */
  readonly parts: Readonly<Record<string, string>> | null;
  /** The parts whose option it is; null if it is not an option of some. */
  readonly users: readonly string[] | null;
  /** Whether a resume may change it. */
  readonly changeable: boolean;
}

/** Every key of a configuration, in the order of the sections; the options of a part follow the key that chooses it. */
export function configKeys(): ConfigKey[] {
  return Object.entries(layerSchema.shape).flatMap(([name, field]) => {
    const section = field.def.innerType;
    return section instanceof z.ZodMiniObject
      ? Object.entries(section.shape).flatMap(([key, inner]) => {
          const registry = partsFor(name, key);
          return [describeKey(`${name}.${key}`, inner, registry), ...(registry ? optionKeys(registry) : [])];
        })
      : [describeKey(name, section)];
  });
}

function describeKey(key: string, schema: z.ZodMiniType, registry?: PartRegistry<PartDefinition>): ConfigKey {
  const { description, changeable, default: filledIn, implied } = keyFacts(schema);
  const definitions = registry?.all.map(({ name, summary }) => [name, summary]);
  return {
    key,
    meaning: description!,
    default: yamlText(filledIn ?? implied),
    range: rangeText(schema),
    parts: definitions ? Object.fromEntries(definitions) : null,
    users: null,
    changeable: changeable === true,
  };
}

/** The options of parts of a kind. Those with the same name, meaning, values and default are one key. */
function optionKeys({ key, kind, all: definitions }: PartRegistry<PartDefinition>): ConfigKey[] {
  const keys = new Map<string, ConfigKey & { readonly users: readonly string[] }>();
  for (const definition of definitions) {
    for (const { name, meaning, range, default: fallback } of describeOptions(definition.options)) {
      const about = { key: `${key}.${name}`, meaning, default: yamlText(fallback), range };
      const identity = JSON.stringify(about);
      const users = [...(keys.get(identity)?.users ?? []), definition.name];
      // A resume may change the optimiser's options, like the learning rate.
      keys.set(identity, { ...about, parts: null, users, changeable: kind === 'optimizer' });
    }
  }
  return [...keys.values()];
}

/** An option of a part as a field of a form. */
export interface OptionField extends OptionFacts {
  /** The kind of its values; `text` stands for all others, in YAML. */
  readonly kind: 'number' | 'whole' | 'choice' | 'boolean' | 'text';
  /** The limits of a number, if any. */
  readonly least?: number;
  readonly most?: number;
  /** Limits that are not valid themselves. */
  readonly excluded?: readonly number[];
  /** The names of a choice. */
  readonly choices?: readonly string[];
}

/** The options of a part as fields of a form. */
export function optionFields(schemas: OptionSchemas): OptionField[] {
  return describeOptions(schemas).map((facts) => {
    const {
      type,
      enum: choices,
      minimum,
      maximum,
      exclusiveMinimum,
      exclusiveMaximum,
    } = jsonSchema(schemas[facts.name]!);
    if (choices !== undefined) {
      return { ...facts, kind: 'choice', choices: choices.map(String) };
    }
    const least = minimum ?? exclusiveMinimum;
    const greatest = maximum ?? exclusiveMaximum;
    const excluded = [exclusiveMinimum, exclusiveMaximum].filter((limit) => typeof limit === 'number');
    const limits = {
      ...(typeof least === 'number' && { least }),
      ...(typeof greatest === 'number' && { most: greatest }),
      ...(excluded.length > 0 && { excluded }),
    };
    switch (type) {
      case 'integer':
        return { ...facts, kind: 'whole', ...limits };
      case 'number':
        return { ...facts, kind: 'number', ...limits };
      default:
        return { ...facts, kind: type === 'boolean' ? 'boolean' : 'text' };
    }
  });
}

function yamlText(value: unknown): string | null {
  return value === undefined || value === null ? null : stringify(value, { collectionStyle: 'flow' }).trim();
}

/** Further facts about a key, as clauses: which parts it is for, and whether a resume may change it. */
export function keyNotes({ users, changeable }: ConfigKey): string[] {
  return [
    ...(users === null ? [] : [`only for ${users.join(', ')}`]),
    ...(changeable ? ['a resume may change it'] : []),
  ];
}

/** The text of the JSON Schema for configuration files; every key is optional. */
export function configSchemaText(): string {
  const { $schema, ...schema } = jsonSchema(layerSchema);
  const described = { $schema, title: 'A configuration of emerging train', ...schema };
  for (const about of configKeys().filter(({ users }) => users === null)) {
    const [section, name] = about.key.split('.') as [string, string?];
    const { properties } = described.properties![section] as z.core.JSONSchema.JSONSchema;
    const notes = keyNotes(about);
    if (name !== undefined) {
      const registry = partsFor(section, name);
      const property = properties![name] as z.core.JSONSchema.JSONSchema;
      property.description =
        notes.length > 0 ? `${about.meaning.replace(/\.$/, '')}; ${notes.join('; ')}.` : about.meaning;
      if (about.default !== null) {
        property.default = parse(about.default);
      }
      if (registry !== undefined) {
        Object.assign(property, partSchema(registry));
      }
    }
  }
  return `${JSON.stringify(described, null, 2)}\n`;
}

/** The JSON Schema of a chosen part: a name, or an object of the options of one of the parts. */
function partSchema({ all: definitions }: PartRegistry<PartDefinition>): z.core.JSONSchema.JSONSchema {
  const names = definitions.map(({ name }) => name);
  const settings = definitions.map(({ name, summary, options }) => ({
    type: 'object' as const,
    description: summary,
    properties: { name: { const: name }, ...jsonSchema(z.object(options)).properties },
    additionalProperties: false,
  }));
  const otherName = { type: 'string' as const, not: { enum: names } };
  return {
    examples: names,
    anyOf: [
      { type: 'string' },
      ...settings,
      // One that a user's module defines.
      { type: 'object', properties: { name: otherName }, required: ['name'] },
    ],
  };
}

function jsonSchema(schema: z.ZodMiniType): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema: json }) => {
      // JavaScript's largest safe integer is not a bound that means anything to a user.
      if (json.maximum === Number.MAX_SAFE_INTEGER) {
        delete json.maximum;
      }
      // Not keywords of JSON Schema; the description says the first.
      delete json.changeable;
      delete json.implied;
    },
  });
}
