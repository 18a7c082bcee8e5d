// The command's parts: every subcommand and its options, apart from any call of it.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { unknownName } from '../errors.ts';
import { registerBench } from './bench.ts';
import { registerCompare } from './compare.ts';
import { registerConfig } from './config.ts';
import { registerDatasets } from './datasets.ts';
import { registerDecode } from './decode.ts';
import { registerDoctor } from './doctor.ts';
import { registerEdit } from './edit.ts';
import { registerEncode } from './encode.ts';
import { registerEvaluate } from './evaluate.ts';
import { registerExport } from './export.ts';
import { registerInterpolate } from './interpolate.ts';
import { registerPresets } from './presets.ts';
import { refuseEmpty } from './refuseEmpty.ts';
import { registerRuns } from './runs.ts';
import { registerSample } from './sample.ts';
import { registerScore } from './score.ts';
import { registerTrain } from './train.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The command `emerging` with its subcommands; it throws where it would print a failure and exit. */
export function createProgram(): Command {
  const program = new Command('emerging')
    .description('Normalizing flows for images: train, measure, sample, encode, score.')
    .version(version)
    .option('--debug', 'print stack traces')
    .addHelpText(
      'after',
      '\nExamples:\n  emerging train --preset mnist-quickstart --out runs/first\n' +
        '  emerging sample runs/first --out samples.png\n' +
        '\nIn a clone, or where the package is a dependency, it is called npx emerging.',
    )
    .hook('preAction', (_, called) => refuseEmpty(called))
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
  registerPresets(program);
  registerConfig(program);
  registerDatasets(program);
  registerBench(program);
  return program;
}

/**
 * Checks that the words where a command is expected name one: asking for help of one that does not exist would show
 * the help of all.
 *
 * @throws UserError with the nearest names if not
 */
export function requireKnownCommand(program: Command, args: readonly string[]): void {
  let command = program;
  for (const word of args.filter((argument) => !argument.startsWith('-'))) {
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

/** The words of the deepest subcommand that arguments name: `['emerging', 'bench', 'train']`; options are skipped. */
export function commandPath(program: Command, args: readonly string[]): string[] {
  const path = [];
  for (let command: Command | null = commandOf(program, args); command; command = command.parent) {
    path.unshift(command.name());
  }
  return path;
}

/** The deepest subcommand that arguments name; options are skipped. */
export function commandOf(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const word of args.filter((argument) => !argument.startsWith('-'))) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      break;
    }
    command = next;
  }
  return command;
}
