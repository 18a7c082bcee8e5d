// The definition of the command: every subcommand and its options.
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { unknownName } from '../errors.ts';
import { importModule } from '../platform/importModule.node.ts';
import { registerBench } from './commands/bench.ts';
import { registerCompare } from './commands/compare.ts';
import { registerConfig } from './commands/config.ts';
import { registerDatasets } from './commands/datasets.ts';
import { registerDecode } from './commands/decode.ts';
import { registerDevices } from './commands/devices.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerEdit } from './commands/edit.ts';
import { registerEncode } from './commands/encode.ts';
import { registerEvaluate } from './commands/evaluate.ts';
import { registerExport } from './commands/export.ts';
import { registerInterpolate } from './commands/interpolate.ts';
import { registerPresets } from './commands/presets.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSample } from './commands/sample.ts';
import { registerScore } from './commands/score.ts';
import { registerStudio } from './commands/studio.ts';
import { registerTrain } from './commands/train.ts';
import { refuseRanks } from './ranks/refuseRanks.ts';
import { refuseEmpty } from './refuseEmpty.ts';
import { version } from './version.ts';

/** The command `emerging` with its subcommands; it throws errors instead of printing them and exiting. */
export function createProgram(): Command {
  const program = new Command('emerging')
    .description('Normalizing flows for images: train, measure, sample, encode, score.')
    .version(version)
    .option('--debug', 'print stack traces')
    .option(
      '--import <module>',
      'import a module first, such as one that registers a mixing of your own; repeatable',
      (module: string, earlier: readonly string[]) => [...earlier, module],
      [],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  emerging train --preset mnist-quickstart --out runs/first\n' +
        '  emerging sample runs/first --out samples.png\n' +
        '\nIn a clone, or if the package is a dependency, run npx emerging.',
    )
    .hook('preAction', async (own, called) => {
      refuseEmpty(own);
      refuseEmpty(called);
      refuseRanks(called, process.env);
      for (const module of own.opts<{ import: readonly string[] }>().import) {
        await importModule(pathToFileURL(module).href);
      }
    })
    .exitOverride()
    // Failures are printed once, by reportFailure.
    .configureOutput({ outputError: () => {} });
  registerTrain(program);
  registerDoctor(program);
  registerEvaluate(program);
  registerRuns(program);
  registerCompare(program);
  registerSample(program);
  registerEncode(program);
  registerDecode(program);
  registerInterpolate(program);
  registerEdit(program);
  registerScore(program);
  registerExport(program);
  registerStudio(program);
  registerPresets(program);
  registerConfig(program);
  registerDatasets(program);
  registerDevices(program);
  registerBench(program);
  return program;
}

/**
 * Checks that the words where a command is expected name one: otherwise asking for help on an unknown command
 * would show the general help.
 *
 * @throws UserError with the most similar names if not
 */
export function requireKnownCommand(program: Command, args: readonly string[]): void {
  let command = program;
  for (const word of wordsOf(args)) {
    if (command.commands.length === 0 || word === 'help') {
      return;
    }
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      throw unknownName(
        'command',
        word,
        command.commands.map((candidate) => candidate.name()),
      );
    }
    command = next;
  }
}

/**
 * The words of the deepest subcommand in the arguments: `['emerging', 'bench', 'train']`; options are
 * skipped.
 */
export function commandPath(program: Command, args: readonly string[]): string[] {
  const path = [];
  for (let command: Command | null = commandOf(program, args); command; command = command.parent) {
    path.unshift(command.name());
  }
  return path;
}

/** The deepest subcommand in the arguments; options are skipped. */
export function commandOf(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const word of wordsOf(args)) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      break;
    }
    command = next;
  }
  return command;
}

/** The arguments that are neither options nor, before any command, their values. */
function wordsOf(args: readonly string[]): string[] {
  return args.filter((argument, index) => !argument.startsWith('-') && args[index - 1] !== '--import');
}
