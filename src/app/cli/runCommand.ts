// A call of the command `emerging`; a failure prints one line and sets the exit code.
import { type Command, CommanderError } from 'commander';
import { messageLine, UserError } from '../../core/errors.ts';
import { commandPath, createProgram, requireKnownCommand } from './commandTree.ts';
import { reportFailure } from './terminal/failure.ts';

/** Usage errors of the parser whose message does not name the valid choices. */
const seeHelp = new Set([
  'commander.unknownOption',
  'commander.excessArguments',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]);

/** How V8 and ONNX Runtime report that an array does not fit in memory. */
const outOfMemory =
  /Array buffer allocation failed|Invalid typed array length|Failed to allocate memory|bad_alloc|reaching memory limit|more than a loop can hold/;

/** Runs the command with the words after its name. A failure is reported, and sets the exit code of this process. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const program = await createProgram(args);
  try {
    requireKnownCommand(program, args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = reportFailure(explained(error, program, args), {
      debug: args.includes('--debug'),
      json: args.includes('--json'),
    });
  }
}

/** Errors from libraries that the user can fix, with what to do. */
function explained(error: unknown, program: Command, args: readonly string[]): unknown {
  if (error instanceof CommanderError && seeHelp.has(error.code)) {
    const problem = messageLine(error.message.replace(/^error: /, '')).replace(/\.$/, '');
    const help = [...commandPath(program, args), '--help'].join(' ');
    return new UserError('invalid-argument', `${problem}; see ${help}`, { cause: error });
  }
  if (error instanceof Error && !(error instanceof UserError) && outOfMemory.test(error.message)) {
    return new UserError(
      'out-of-memory',
      `out of memory (${error.message.split('\n')[0]}): ` +
        'use a smaller model, a smaller batch or fewer images',
      { cause: error },
    );
  }
  return error;
}
