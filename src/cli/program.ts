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
  program.on('command:*', ([name]: [string]) => {
    const known = program.commands.map((command) => command.name());
    throw unknownName('command', name, known);
  });
  return program;
}

/** The words of the deepest subcommand that arguments name: `['emerging', 'bench', 'train']`; options are skipped. */
export function commandPath(program: Command, args: readonly string[]): string[] {
  const path = [program.name()];
  let command = program;
  for (const word of args.filter((argument) => !argument.startsWith('-'))) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      break;
    }
    path.push(word);
    command = next;
  }
  return path;
}
