// The reference of the commands, generated from their definitions.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../src/app/cli/commandTree.ts';

/** The folder of the generated page, in the repository but not tracked. */
export const REFERENCE_FOLDER = 'site/generated';

/**
 * Writes the reference of the commands as Markdown.
 *
 * @param root the repository
 */
export async function writeReference(root: string): Promise<void> {
  const folder = join(root, REFERENCE_FOLDER);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'commands.md'), commandsPage(await createProgram()));
}

function commandsPage(program: Command): string {
  const sections = listCommands(program).map(([name, command]) => commandSection(name, command));
  return [
    '# Commands',
    'Every command with its arguments, options and examples, as `emerging COMMAND --help` prints them. Before a command, `--import FILE` imports a module, for example with a mixing of your own, and `--debug` adds stack traces to errors.',
    ...sections,
  ].join('\n\n');
}

/** The commands that do something, with their full names. */
function listCommands(command: Command, name = command.name()): [name: string, command: Command][] {
  return command.commands.length === 0
    ? [[name, command]]
    : command.commands.flatMap((inner) => listCommands(inner, `${name} ${inner.name()}`));
}

function commandSection(name: string, command: Command): string {
  const help = command.createHelp();
  const rows = [
    ...help
      .visibleArguments(command)
      .map((argument) => [help.argumentTerm(argument), help.argumentDescription(argument)]),
    ...help
      .visibleOptions(command)
      .filter((option) => option.long !== '--help')
      .map((option) => [help.optionTerm(option), help.optionDescription(option)]),
  ] as [string, string][];
  return [
    `## ${name}`,
    `${sentence(command.description())}`,
    codeBlock('bash', `${name} ${command.usage()}`),
    ...(rows.length > 0
      ? [
          table(
            ['Argument or option', 'Meaning'],
            rows.map(([term, meaning]) => [`\`${term.replaceAll('|', '\\|')}\``, escapeCell(meaning)]),
          ),
        ]
      : []),
    ...notesAndExamples(command),
  ].join('\n\n');
}

/** The notes and examples after the options in a command's help, as paragraphs and code. */
function notesAndExamples(command: Command): string[] {
  let printed = '';
  command.configureOutput({ writeOut: (text) => (printed += text) });
  command.outputHelp();
  const after = printed
    .slice(printed.indexOf(command.helpInformation()) + command.helpInformation().length)
    .trim();
  return after === '' ? [] : [codeBlock('text', after)];
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

function codeBlock(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function escapeCell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll('{', '&#123;')
    .replaceAll('}', '&#125;')
    .replaceAll('\n', ' ');
}
