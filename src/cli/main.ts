#!/usr/bin/env node
// The command `emerging`: a failure is one line and an exit code.
import { CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { reportFailure } from './failure.ts';
import { commandPath, createProgram } from './program.ts';

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

const program = createProgram();
const given = process.argv.slice(2);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(explained(error), {
    debug: given.includes('--debug'),
    json: given.includes('--json'),
  });
}

/** Errors of others that a person can mend, with what to do. */
function explained(error: unknown): unknown {
  if (error instanceof CommanderError && seeHelp.has(error.code)) {
    const what = error.message.replace(/^error: /, '').replace(/\.$/, '');
    const help = [...commandPath(program, given), '--help'].join(' ');
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
