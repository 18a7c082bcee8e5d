#!/usr/bin/env node
// The command `emerging`: one file a subcommand; a failure is one line and an exit code.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { UserError, unknownName } from '../errors.ts';
import { countParameters } from '../models/glow.ts';
import { registerBench } from './bench.ts';
import { registerDoctor } from './doctor.ts';
import { registerEvaluate } from './evaluate.ts';
import { registerExport } from './export.ts';
import { reportFailure } from './failure.ts';
import { registerPresets } from './presets.ts';
import { registerSample } from './sample.ts';
import { registerTrain } from './train.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Usage errors of the parser whose message does not say what is right. */
const seeHelp = new Set([
  'commander.unknownOption',
  'commander.excessArguments',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]);

/** How V8 and ONNX Runtime say that an array does not fit in memory. */
const outOfMemory =
  /Array buffer allocation failed|Invalid typed array length|Failed to allocate memory|bad_alloc/;

const program = new Command('emerging')
  .description('Normalizing flows for images: train, measure, sample.')
  .version(version)
  .option('--debug', 'print stack traces')
  .exitOverride()
  // Failures are printed once, by reportFailure.
  .configureOutput({ outputError: () => {} });
registerTrain(program);
registerDoctor(program);
registerEvaluate(program);
registerSample(program);
registerExport(program);
registerPresets(program, { countParameters });
registerBench(program);
program.on('command:*', ([name]: [string]) => {
  const known = program.commands.map((command) => command.name());
  throw unknownName('command', name, known);
});

try {
  await program.parseAsync();
} catch (error) {
  const given = process.argv.slice(2);
  process.exitCode = reportFailure(explained(error), {
    debug: given.includes('--debug'),
    json: given.includes('--json'),
  });
}

/** Errors of others that a person can mend, with what to do. */
function explained(error: unknown): unknown {
  if (error instanceof CommanderError && seeHelp.has(error.code)) {
    const what = error.message.replace(/^error: /, '').replace(/\.$/, '');
    const command = program.commands.find((candidate) => candidate.name() === process.argv[2])?.name();
    const help = ['emerging', ...(command === undefined ? [] : [command]), '--help'].join(' ');
    return new UserError(`${what}; see ${help}`, { exitCode: 2, cause: error });
  }
  if (error instanceof Error && outOfMemory.test(error.message)) {
    return new UserError(
      `the memory is not enough (${error.message.split('\n')[0]}): ` +
        'take a smaller model, a smaller batch or fewer images',
      { cause: error },
    );
  }
  return error;
}
