#!/usr/bin/env node
// The command `emerging`; a failure prints one line and sets the exit code.
import { CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { commandOf, commandPath, createProgram, requireKnownCommand } from './program.ts';
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

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of the pipe has exited, as with `| head`: the work continues.
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
}

const program = createProgram();
const given = process.argv.slice(2);

try {
  requireKnownCommand(program, given);
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(explained(error), {
    debug: given.includes('--debug'),
    json: given.includes('--json'),
  });
}

/**
 * The parser's message about an unknown option; if it suggests none, with the options that share the prefix.
 */
function withLongerOptions(message: string): string {
  const name = /^unknown option '(--[^']*)'/.exec(message)?.[1];
  if (name === undefined) {
    return message;
  }
  const longer = commandOf(program, given).options.flatMap(({ long }) =>
    long?.startsWith(name) ? [long] : [],
  );
  const bare = message.replace(/\s*\(Did you mean .*\)$/, '');
  return longer.length > 0
    ? `${bare} (Did you mean ${longer.join(' or ')}?)`
    : message.replace(' (Did you mean --help?)', '');
}

/** Errors from libraries that the user can fix, with what to do. */
function explained(error: unknown): unknown {
  if (error instanceof CommanderError && seeHelp.has(error.code)) {
    const what = withLongerOptions(
      error.message
        .replace(/^error: /, '')
        .replace(/\s*\n\s*/g, ' ')
        .replace(/\.$/, ''),
    );
    const help = [...commandPath(program, given), '--help'].join(' ');
    return new UserError('invalid-argument', `${what}; see ${help}`, { cause: error });
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
