// Every key of a configuration with its meaning, default and range: for the help, and as a JSON Schema for
// editors.
import { stringify } from 'yaml';
import * as z from 'zod/mini';
import { usersOf } from '../models/parts.ts';
import { optionDefaults } from '../optimizers/registry.ts';
import { defaults as common } from './config.ts';
import { layerSchema } from './configSchema.ts';

/** The defaults of all keys, including those specific to one optimiser. */
const defaults = { ...common, training: { ...common.training, ...optionDefaults } };

/** A key of a configuration. */
export interface ConfigKey {
  /** Including its section: `model.levels`. */
  readonly key: string;
  /** In one sentence. */
  readonly meaning: string;
  /** As YAML; null if the key is required or its value follows from other keys. */
  readonly default: string | null;
  /** The values it accepts, in words. */
  readonly range: string;
  /** The only parts of a model that it affects; null if it is not an option of some. */
  readonly users: readonly string[] | null;
  /** Whether a resume may change it. */
  readonly changeable: boolean;
}

/** Every key of a configuration, in the order of the sections. */
export function configKeys(): ConfigKey[] {
  return Object.entries(layerSchema.shape).flatMap(([name, field]) => {
    const section = field.def.innerType;
    const fallback = (defaults as Record<string, unknown>)[name];
    return section instanceof z.ZodMiniObject
      ? Object.entries(section.shape).map(([key, inner]) =>
          describeKey(`${name}.${key}`, inner, (fallback as Record<string, unknown>)[key]),
        )
      : [describeKey(name, section, fallback)];
  });
}

function describeKey(key: string, schema: z.ZodMiniType, fallback: unknown): ConfigKey {
  // The error for a value that can never be valid describes the valid ones.
  const { error } = schema.safeParse(Symbol('no value'));
  const { description, changeable } = metadataOf(schema);
  const users = key.startsWith('model.')
    ? usersOf(key.slice('model.'.length)).flatMap(([, names]) => names)
    : [];
  return {
    key,
    meaning: description!,
    default: fallback === undefined ? null : stringify(fallback, { collectionStyle: 'flow' }).trim(),
    range: error!.issues[0]!.message,
    users: users.length > 0 ? users : null,
    changeable: changeable === true,
  };
}

/** Further facts about a key, as clauses: which parts it is for, and whether a resume may change it. */
export function notesOf({ users, changeable }: ConfigKey): string[] {
  return [
    ...(users === null ? [] : [`only for ${users.join(', ')}`]),
    ...(changeable ? ['a resume may change it'] : []),
  ];
}

/** The text of the JSON Schema for configuration files; every key is optional. */
export function configSchemaText(): string {
  const { $schema, ...schema } = z.toJSONSchema(layerSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // JavaScript's largest safe integer is not a bound that means anything to a user.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
        delete jsonSchema.maximum;
      }
      // Not a JSON Schema keyword; the description says it.
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

/** What is said about a schema, or about the one that it makes optional. */
function metadataOf(schema: z.core.$ZodType): z.core.GlobalMeta {
  const isOptional = schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniExactOptional;
  return { ...(isOptional && metadataOf(schema.def.innerType)), ...z.globalRegistry.get(schema) };
}
