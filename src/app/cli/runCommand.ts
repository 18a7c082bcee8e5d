// A call of the command `emerging`; a failure prints one line and sets the exit code.
import { existsSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { UserError } from '../../core/errors.ts';
import { messageLine } from '../../core/visibleText.ts';
import { commandPath, createProgram, findCommand, requireKnownCommand } from './commandTree.ts';
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
    process.exitCode = reportFailure(await explained(error, program, args), {
      debug: args.includes('--debug'),
      json: args.includes('--json'),
    });
  }
}

/**
 * The parser's message about an unknown option; if it suggests none, with the options that share the prefix.
 */
function withLongerOptions(message: string, program: Command, args: readonly string[]): string {
  const name = /^unknown option '(--[^']*)'/.exec(message)?.[1];
  if (name === undefined) {
    return message;
  }
  const longer = findCommand(program, args).options.flatMap(({ long }) =>
    long?.startsWith(name) ? [long] : [],
  );
  const hint = message.lastIndexOf(' (Did you mean ');
  const bare = hint === -1 ? message : message.slice(0, hint);
  return longer.length > 0
    ? `${bare} (Did you mean ${longer.join(' or ')}?)`
    : message.replace(' (Did you mean --help?)', '');
}

/** If the parser misses an option: the error for a run that doesn't exist, which the user should know first. */
async function missingRun(
  { code }: CommanderError,
  { registeredArguments, args }: Command,
): Promise<unknown> {
  const [run] = args;
  const isRun = registeredArguments[0]?.name() === 'run' && run !== undefined && !run.startsWith('-');
  if (code !== 'commander.missingMandatoryOptionValue' || !isRun) {
    return undefined;
  }
  try {
    const { modelFolder } = await import('./parts/modelFolder.ts');
    const folder = modelFolder(run);
    if (!existsSync(folder)) {
      const { requireRun } = await import('../../runs/folder/runFolder.ts');
      requireRun(folder, { orExport: true });
    }
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Errors from libraries that the user can fix, with what to do. */
async function explained(error: unknown, program: Command, args: readonly string[]): Promise<unknown> {
  if (error instanceof CommanderError && seeHelp.has(error.code)) {
    const missing = await missingRun(error, findCommand(program, args));
    if (missing !== undefined) {
      return missing;
    }
    const problem = withLongerOptions(
      messageLine(error.message.replace(/^error: /, '')).replace(/\.$/, ''),
      program,
      args,
    );
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
