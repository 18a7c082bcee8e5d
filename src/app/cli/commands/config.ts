// `emerging config`: every key of a configuration, or the JSON Schema of its files.
import type { Command } from 'commander';
import { configKeys, configSchemaText, notesOf } from '../../../runs/settings/configReference.ts';
import { writeStdout } from '../terminal/output.ts';

/** Adds the arguments and options of `config`, and what it does. */
export function registerConfig(command: Command): void {
  command
    .option('--schema', 'print the JSON Schema of configuration files, for editors')
    .option('--json', 'print a JSON list')
    .addHelpText(
      'after',
      '\nExample:\n  emerging config\n  emerging config --schema\n' +
        '\nEditors with YAML support complete and check files that begin with the line\n' +
        '  # yaml-language-server: $schema=config.schema.json',
    )
    .action(({ schema, json }: { schema?: true; json?: true }) => {
      writeStdout(schema ? configSchemaText() : json ? `${JSON.stringify(configKeys(), null, 2)}\n` : text());
    });
}

/** The keys as text, three lines each. */
function text(): string {
  return configKeys()
    .map((about) => {
      const { key, meaning, range, default: fallback } = about;
      const facts = [range, ...(fallback === null ? [] : [`default ${fallback}`]), ...notesOf(about)];
      return `${key}\n  ${meaning}\n  ${facts.join('; ')}\n`;
    })
    .join('\n');
}
