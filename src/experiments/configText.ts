// Configurations as YAML. Apart from their validation: a page that uses a model reads no YAML.
import { LineCounter, parseDocument, stringify } from 'yaml';
import { check } from './config.ts';
import { type Config, configSchema } from './configSchema.ts';

/** The name of the schema file next to every configuration that a run writes. */
export const SCHEMA_FILE = 'config.schema.json';

/**
 * A configuration as YAML, its keys in the schema's order; parsing it yields an equal configuration. The
 * first line points editors to the schema.
 */
export function stringifyConfig(config: Config): string {
  const text = stringify(check(configSchema, config), { lineWidth: 0 });
  return `# yaml-language-server: $schema=${SCHEMA_FILE}\n${text}`;
}

/** The value of a YAML text, or its first problem and the line of it. */
export function parseYaml(text: string): { value: unknown } | { problem: string; line: number } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) {
    return { problem: error.message, line: lineCounter.linePos(error.pos[0]).line };
  }
  try {
    return { value: document.toJS() };
  } catch (unresolved) {
    // Aliases are only resolved here: an unknown one, or enough of them to exhaust memory.
    if (unresolved instanceof ReferenceError) {
      return { problem: unresolved.message, line: 1 };
    }
    throw unresolved;
  }
}
