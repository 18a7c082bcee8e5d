// Every key of a configuration with its meaning, default and range: for help, and as a JSON Schema for editors.
import { stringify } from 'yaml';
import { z } from 'zod';
import { mixingsWith } from '../models/mixing.ts';
import { optionDefaults } from '../optimizers/registry.ts';
import { defaults as common } from './config.ts';
import { isChangeable, layerSchema } from './configSchema.ts';

/** The defaults of all keys, those that hold for one optimiser alone included. */
const defaults = { ...common, training: { ...common.training, ...optionDefaults } };

/** A key of a configuration. */
export interface ConfigKey {
  /** With its section: `model.levels`. */
  readonly key: string;
  /** In one sentence. */
  readonly meaning: string;
  /** As it is written in YAML; null where it must be given, or follows from other keys. */
  readonly default: string | null;
  /** The values that it takes, in words. */
  readonly range: string;
  /** The only mixings that it changes; null where it is no option of a mixing. */
  readonly mixings: readonly string[] | null;
  /** Whether a resume may change it. */
  readonly changeable: boolean;
}

/** Every key of a configuration, in the order of the sections. */
export function configKeys(): ConfigKey[] {
  return Object.entries(layerSchema.shape).flatMap(([name, field]) => {
    const section = field.unwrap();
    const fallback = (defaults as Record<string, unknown>)[name];
    return section instanceof z.ZodObject
      ? Object.entries(section.shape).map(([key, inner]) =>
          describeKey(`${name}.${key}`, inner, (fallback as Record<string, unknown>)[key]),
        )
      : [describeKey(name, section, fallback)];
  });
}

function describeKey(key: string, schema: z.ZodType, fallback: unknown): ConfigKey {
  // What a check says of a value that can never be right is what would be.
  const { error } = required(schema).safeParse(Symbol('no value'));
  const mixings = mixingsWith(key.replace(/^model\./, ''));
  return {
    key,
    meaning: descriptionOf(schema),
    default: fallback === undefined ? null : stringify(fallback, { collectionStyle: 'flow' }).trim(),
    range: error!.issues[0]!.message,
    mixings: mixings.length > 0 ? mixings : null,
    changeable: isChangeable(schema),
  };
}

/** What else there is to know of a key, each a clause: which mixings it is for, and whether a resume may change it. */
export function notesOf({ mixings, changeable }: ConfigKey): string[] {
  return [
    ...(mixings === null ? [] : [`only for ${mixings.join(', ')}`]),
    ...(changeable ? ['a resume may change it'] : []),
  ];
}

/** The text of the JSON Schema of configuration files, in which every key may be left out. */
export function configSchemaText(): string {
  const { $schema, ...schema } = z.toJSONSchema(layerSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The largest whole number of JavaScript is no bound that says anything to a person.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
        delete jsonSchema.maximum;
      }
      // No word of JSON Schema; the description says it.
      delete jsonSchema.changeable;
    },
  });
  const described = { $schema, title: 'A configuration of emerging train', ...schema };
  for (const [name, fallback] of Object.entries(defaults)) {
    const property = described.properties![name] as z.core.JSONSchema.JSONSchema;
    if (property.properties === undefined) {
      property.default = fallback as number;
      continue;
    }
    for (const [key, value] of Object.entries(fallback as Record<string, never>)) {
      (property.properties[key] as z.core.JSONSchema.JSONSchema).default = value;
    }
  }
  for (const key of configKeys()) {
    const [section, name] = key.key.split('.') as [string, string?];
    const { properties } = described.properties![section] as z.core.JSONSchema.JSONSchema;
    const notes = notesOf(key);
    if (name !== undefined && notes.length > 0) {
      const property = properties![name] as z.core.JSONSchema.JSONSchema;
      property.description = `${key.meaning.replace(/\.$/, '')}; ${notes.join('; ')}.`;
    }
  }
  return `${JSON.stringify(described, null, 2)}\n`;
}

/** A schema without what makes it optional. */
function required(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional
    ? required(schema.unwrap() as z.ZodType)
    : schema;
}

function descriptionOf(schema: z.ZodType): string {
  return schema.description ?? descriptionOf((schema as z.ZodOptional<z.ZodType>).unwrap());
}
