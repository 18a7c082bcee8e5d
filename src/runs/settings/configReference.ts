// Every key of a configuration with its meaning, default and range: for the help, and as a JSON Schema for
// editors.
import { parse, stringify } from 'yaml';
import * as z from 'zod/mini';
import { optionalDefaults, usersOf } from '../../flows/models/index.ts';
import { defaults } from './config.ts';
import { keyFacts, layerSchema } from './configSchema.ts';

/** A key of a configuration. */
interface ConfigKey {
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
    return section instanceof z.ZodMiniObject
      ? Object.entries(section.shape).map(([key, inner]) => describeKey(`${name}.${key}`, inner))
      : [describeKey(name, section)];
  });
}

function describeKey(key: string, schema: z.ZodMiniType): ConfigKey {
  // The error for a value that can never be valid describes the valid ones.
  const { error } = schema.safeParse(Symbol('no value'));
  const { description, changeable } = keyFacts(schema);
  const users = key.startsWith('model.')
    ? usersOf(key.slice('model.'.length)).flatMap(([, names]) => names)
    : [];
  const fallback = defaultValue(key, schema);
  return {
    key,
    meaning: description!,
    default: fallback === undefined ? null : stringify(fallback, { collectionStyle: 'flow' }).trim(),
    range: error!.issues[0]!.message,
    users: users.length > 0 ? users : null,
    changeable: changeable === true,
  };
}

/** The default of a key, filled in or implied; undefined if it has none. */
function defaultValue(key: string, schema: z.ZodMiniType): unknown {
  const [section, name] = key.split('.');
  const model: Readonly<Record<string, unknown>> = { ...optionalDefaults, ...defaults.model };
  return (section === 'model' ? model[name!] : keyFacts(schema).default) ?? undefined;
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
  for (const about of configKeys()) {
    const [section, name] = about.key.split('.') as [string, string?];
    const { properties } = described.properties![section] as z.core.JSONSchema.JSONSchema;
    const notes = notesOf(about);
    if (name !== undefined) {
      const property = properties![name] as z.core.JSONSchema.JSONSchema;
      property.description =
        notes.length > 0 ? `${about.meaning.replace(/\.$/, '')}; ${notes.join('; ')}.` : about.meaning;
      if (about.default !== null) {
        property.default = parse(about.default);
      }
    }
  }
  return `${JSON.stringify(described, null, 2)}\n`;
}
