// Words messages of the library for the command line: its options as flags, its functions as commands.
import {
  type CallName,
  type Literal,
  type Phrase,
  say,
  type Term,
  UserError,
  type UserErrorCode,
} from '../../../core/errors.ts';

/** The command that corresponds to a function of the library. */
const commands: Readonly<Record<CallName, (...args: readonly Literal[]) => string>> = {
  diagnose: () => 'emerging doctor',
  downloadDataset: (name) => `emerging datasets get ${word(name)}`,
  listDevices: () => 'emerging devices',
  measureReference: () => 'emerging score --update-reference',
  prepareDataset: (source, options = {}) =>
    `emerging datasets prepare ${[word(source), ...flags(options)].join(' ')}`,
  registerPart: () => '--import MODULE',
  resumeRun: (directory, changes = {}) =>
    `emerging train --resume ${[word(directory), ...settings(changes)].join(' ')}`,
  verify: () => 'emerging encode --exact',
};

/** The exit codes of errors: 2 for wrong usage, 1 for problems with files, data or the machine. */
export const exitCodes: Readonly<Record<UserErrorCode, 1 | 2>> = {
  'invalid-argument': 2,
  'invalid-config': 2,
  'not-found': 2,
  exists: 2,
  'not-ready': 1,
  'invalid-data': 1,
  mismatch: 1,
  unsupported: 1,
  diverged: 1,
  'out-of-memory': 1,
  locked: 1,
  io: 1,
};

/** A message of the library in the terms of the command line, on one line. */
export function inCommandWords(message: Phrase): string {
  return say(message, commandWords);
}

/** The message of an error; in the terms of the command line if the library threw it. */
export function errorMessage(error: unknown): string {
  if (error instanceof UserError) {
    return inCommandWords(error.phrase);
  }
  return error instanceof Error ? error.message : String(error);
}

function commandWords(term: Term): string {
  return 'option' in term ? flag(term.option, term.value) : commands[term.call](...term.args);
}

/** `--device cpu`; `--resize` for a boolean. */
function flag(name: string, value: Literal): string {
  const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return value === true ? `--${dashed}` : `--${dashed} ${word(value)}`;
}

/** A value as a word of a shell; a text that starts with a minus is a path. */
function word(value: Literal): string {
  return typeof value === 'string' ? shellWord(value) : String(value);
}

function flags(options: Literal): string[] {
  return Object.entries(options).map(([name, value]) => flag(name, value));
}

/** Changes to a configuration, leaf by leaf: `--set training.learningRate=0.001`. */
function settings(changes: Literal, path = ''): string[] {
  return typeof changes === 'object'
    ? Object.entries(changes).flatMap(([key, value]) => settings(value, path === '' ? key : `${path}.${key}`))
    : [`--set ${word(`${path}=${changes}`)}`];
}

/** A path or value as it can be pasted into a POSIX shell: `'my run'` for a space, `./-run` for what reads as an option. */
export function shellWord(text: string): string {
  if (text.startsWith('-')) {
    return shellWord(`./${text}`);
  }
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
