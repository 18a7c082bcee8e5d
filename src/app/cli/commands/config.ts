// `emerging config`: every key of a configuration, as text or Markdown, or the JSON Schema of its files.
import { type Command, Option } from 'commander';
import { markdownTable } from '../../../model/card/reportText.ts';
import { type ConfigKey, configKeys, configSchemaText, keyNotes } from '../../../runs/settings/yaml.ts';
import { writeStdout } from '../terminal/output.ts';

/** Adds the arguments and options of `config`, and what it does. */
export function registerConfig(command: Command): void {
  command
    .addOption(
      new Option('--schema', 'print the JSON Schema of configuration files, for editors').conflicts([
        'json',
        'markdown',
      ]),
    )
    .addOption(new Option('--json', 'print a JSON list').conflicts('markdown'))
    .option('--markdown', 'print tables in Markdown')
    .addHelpText(
      'after',
      '\nExample:\n  emerging config\n  emerging config --schema\n' +
        '\nEditors with YAML support complete and check files that begin with the line\n' +
        '  # yaml-language-server: $schema=config.schema.json',
    )
    .action(({ schema, json, markdown }: { schema?: true; json?: true; markdown?: true }) => {
      writeStdout(
        schema
          ? configSchemaText()
          : json
            ? `${JSON.stringify(configKeys(), null, 2)}\n`
            : markdown
              ? configMarkdown()
              : text(),
      );
    });
}

/** The keys as text, three lines each, and one for each part that a key chooses from. */
function text(): string {
  return configKeys()
    .map((about) => {
      const { key, meaning, range, default: fallback, parts } = about;
      const facts = [range, ...(fallback === null ? [] : [`default ${fallback}`]), ...keyNotes(about)];
      const choices = Object.entries(parts ?? {}).map(([name, summary]) => `    ${name}: ${summary}\n`);
      return `${key}\n  ${meaning}\n  ${facts.join('; ')}\n${choices.join('')}`;
    })
    .join('\n');
}

/** The keys as the document `docs/settings.md`. */
function configMarkdown(): string {
  const keys = configKeys();
  const sections = [...new Set(keys.map(({ key }) => key.split('.')[0]!))];
  const tables = sections.flatMap((section) => {
    const sectionKeys = keys.filter(({ key, users }) => key.split('.')[0] === section && users === null);
    return [
      `## ${section}`,
      markdownTable(
        ['key', 'meaning', 'values', 'default'],
        sectionKeys.map((about) => [code(about.key), about.meaning, rangeText(about), defaultText(about)]),
      ),
      ...sectionKeys.flatMap((about) => (about.parts === null ? [] : partTables(about, keys))),
    ];
  });
  return `${[
    '# Settings',
    'All keys of a configuration. `npx emerging config --markdown` generates this page; `npx emerging config` also lists the parts that `--import` adds.',
    'A part is chosen by its name, or by its name with options: `mixing: emerging`, or `mixing: {name: emerging, kernelSize: 5}`. Options without a name apply to the part that is already chosen, as `--set model.mixing.kernelSize=5` does. Naming another part drops the options of the one before. A resume may change what is marked *.',
    ...tables,
  ].join('\n\n')}\n`;
}

/** The parts that a key chooses from, and their options. */
function partTables({ key, parts }: ConfigKey, keys: readonly ConfigKey[]): string[] {
  const options = keys.filter((otherKey) => otherKey.key.startsWith(`${key}.`));
  return [
    `### ${key}`,
    markdownTable(
      ['name', 'part'],
      Object.entries(parts!).map(([name, summary]) => [code(name), summary]),
    ),
    ...(options.length === 0
      ? []
      : [
          markdownTable(
            ['option', 'of', 'meaning', 'values', 'default'],
            options.map((about) => [
              code(about.key.slice(key.length + 1)),
              about.users!.map(code).join(', '),
              about.meaning,
              rangeText(about),
              defaultText(about),
            ]),
          ),
        ]),
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** The values that a key accepts; parts are listed in a table below. */
function rangeText({ range, parts, changeable }: ConfigKey): string {
  return `${parts === null ? range : 'a part'}${changeable ? ' *' : ''}`;
}

function defaultText({ default: fallback }: ConfigKey): string {
  return fallback === null ? '' : code(fallback);
}
