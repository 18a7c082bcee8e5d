// The command itself: help, version, lists.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { commandProcess } from '../../testing/command.ts';
import { createProgram } from './commandTree.ts';

const emerging = commandProcess();

/** A command without subcommands, and the words that call it. */
interface Leaf {
  readonly command: Command;
  readonly words: string[];
}

function listLeaves(command: Command, words: string[] = []): Leaf[] {
  return command.commands.length === 0
    ? [{ command, words }]
    : command.commands.flatMap((child) => listLeaves(child, [...words, child.name()]));
}

/** The examples in the help of a command: indented lines that call it, as words. */
function helpExamples({ command, words }: Leaf): string[][] {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  expect(help).toMatch(new RegExp(`\nExamples?:\n  emerging ${words.join(' ')}`));
  return [...help.matchAll(/^ {2}emerging (.+)$/gm)].map(([, call]) => call!.split(' '));
}

it.each(listLeaves(await createProgram()).map(({ words }) => words.join(' ')))(
  'shows examples with %s --help that it accepts',
  async (name) => {
    for (const example of helpExamples(findLeaf(await createProgram(), name))) {
      await expectUnderstood(example, name);
    }
  },
);

it('shows examples with its own --help that it accepts', async () => {
  for (const example of helpExamples({ command: await createProgram(), words: [] })) {
    await expectUnderstood(example, example[0]!);
  }
});

/** Checks that an example is a valid call of the command `name`, without running it. */
async function expectUnderstood(example: string[], name: string): Promise<void> {
  const program = await createProgram(example);
  let called = false;
  findLeaf(program, name).command.action(() => {
    called = true;
  });
  await program.parseAsync(example, { from: 'user' });
  expect(called, example.join(' ')).toBe(true);
}

function findLeaf(program: Command, name: string): Leaf {
  return listLeaves(program).find(({ words }) => words.join(' ') === name)!;
}

it.each([
  // With a suggestion, which is on a line of its own in the parser's message.
  [['--debug', 'train', '--prest'], 'emerging train'],
  [['datasets', 'show', '--foo'], 'emerging datasets show'],
  [['datasets', '--foo'], 'emerging datasets'],
  [['train', '--preset', 'datasets', '--foo'], 'emerging train'],
  [['--foo'], 'emerging'],
])('points from %j to the help of %s', async (args, command) => {
  const { code, stderr } = await emerging.run(...args);
  expect(code).toBe(2);
  expect(stderr.split('\n')[0]).toMatch(new RegExp(`; see ${command} --help$`));
});

it.each([
  [['sample', 'run'], ['sample']],
  [['--debug', '--import', 'own.js', 'datasets', 'show'], ['datasets']],
  [['help', 'sample'], ['sample']],
])('loads for %j only what it calls', async (args, loaded) => {
  expect((await createProgram(args)).commands.map((command) => command.name())).toEqual(loaded);
});

it.each([[['--help', 'sample']], [['constructor']], [['help']], [[]]])(
  'shows for %j the help of the program, without loading commands',
  async (args) => {
    const [complete, none] = [await createProgram(), await createProgram(args)];
    expect(complete.commands.length).toBeGreaterThan(15);
    expect(none.helpInformation()).toBe(complete.helpInformation());
    expect(none.commands.flatMap(({ options }) => options)).toEqual([]);
  },
);

it.runIf(process.platform === 'linux')('samples in 4 GB of address space', async () => {
  const model = fileURLToPath(new URL('../../../models/mnist-small', import.meta.url));
  const call = emerging.words('sample', model, '--count=4', '--out=few.png', '--threads=1').join(' ');
  const { stdout } = await promisify(execFile)('bash', ['-c', `ulimit -v 4000000; ${call}`], {
    cwd: emerging.folder,
  });
  expect(stdout).toContain('4 images');
});

it('prints a stack trace only with --debug', async () => {
  const { stderr } = await emerging.run('evaluate', 'nothing', '--debug');
  expect(stderr).toMatch(/^emerging: nothing is neither a run folder.*\n/);
  expect(stderr).toMatch(/^ {4}at .*runFolder/m);
});
