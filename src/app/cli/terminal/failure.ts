// Reports the failure of a command: one readable line, and the exit code.
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { messageLine, UserError, type UserErrorCode } from '../../../core/errors.ts';
import { noteOnStderr, writeStderr, writeStdout } from './output.ts';
import { errorMessage, exitCodes } from './wording.ts';

/** How a failure is reported. */
export interface FailureOptions {
  /** Also print the stack trace and the causes. */
  readonly debug?: boolean | undefined;
  /** Also print `{"error": …, "code": …}` on stdout, for programs that read JSON from it. */
  readonly json?: boolean | undefined;
}

/**
 * Prints `emerging: <message>` on stderr and returns the exit code: by the code of a UserError, 2 for wrong usage,
 * 1 for unexpected errors. A request for help or the version is not a failure: it prints nothing and returns 0.
 */
export function reportFailure(error: unknown, options: FailureOptions = {}): number {
  if (error instanceof CommanderError && isHelp(error)) {
    return error.exitCode === 0 ? 0 : 2;
  }
  const debug = options.debug === true;
  const message = describe(error, debug);
  if (options.json === true) {
    writeStdout(`${JSON.stringify({ error: message, code: errorCode(error) })}\n`);
  }
  noteOnStderr(`emerging: ${message}`);
  if (debug) {
    writeStderr(`${inspect(error)}\n`);
  }
  return error instanceof UserError ? exitCodes[error.code] : error instanceof CommanderError ? 2 : 1;
}

/** The kind of failure, as in the library; null for an unexpected one. */
function errorCode(error: unknown): UserErrorCode | null {
  return error instanceof UserError
    ? error.code
    : error instanceof CommanderError
      ? 'invalid-argument'
      : null;
}

/** Whether Commander threw this error after printing the help or the version. */
function isHelp(error: CommanderError): boolean {
  return ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code);
}

function describe(error: unknown, debug: boolean): string {
  if (error instanceof UserError) {
    return errorMessage(error);
  }
  if (error instanceof CommanderError) {
    return messageLine(error.message.replace(/^error: /, '').trim());
  }
  const message = error instanceof Error ? error.message || error.name : String(error);
  const hint = debug ? '' : ' (run again with --debug for the stack trace)';
  return `unexpected error: ${messageLine(message.trim())}${hint}`;
}

/** Draws `subject`; if that fails, reports it in one line and returns null. */
export async function drawOrNote<Drawn>(
  subject: string,
  draw: () => Drawn | Promise<Drawn>,
  note: (text: string) => void = noteOnStderr,
): Promise<Drawn | null> {
  try {
    return await draw();
  } catch (error) {
    note(`no ${subject}: ${errorMessage(error)}`);
    return null;
  }
}
