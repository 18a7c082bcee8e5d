// The one kind of error that a user can fix: bad input, a missing file, a full disk.
import { distance } from 'fastest-levenshtein';
import { messageLine } from './visibleText.ts';

/**
 * The kind of error, for programs that handle it.
 *
 * | code | what is wrong |
 * | --- | --- |
 * | `invalid-argument` | an option or argument has an invalid value |
 * | `invalid-config` | a configuration is invalid, or does not fit its images |
 * | `not-found` | no such name, or nothing at that path |
 * | `exists` | something already exists where a new thing would go |
 * | `not-ready` | it is known, but must first be downloaded, prepared or trained |
 * | `invalid-data` | a file or its images are corrupt, incomplete or of the wrong kind |
 * | `mismatch` | two things do not belong together, such as images and a model trained on others |
 * | `unsupported` | this device, installation or format does not support it |
 * | `diverged` | NaN or infinity: training diverged, or a model cannot compute an image |
 * | `out-of-memory` | out of memory |
 * | `locked` | another process is training the run |
 * | `io` | the file system or the network failed; `cause` is the underlying error, if any |
 */
export type UserErrorCode =
  | 'invalid-argument'
  | 'invalid-config'
  | 'not-found'
  | 'exists'
  | 'not-ready'
  | 'invalid-data'
  | 'mismatch'
  | 'unsupported'
  | 'diverged'
  | 'out-of-memory'
  | 'locked'
  | 'io';

/** A value that appears in a message as it would in code. */
export type Literal = string | number | boolean | { readonly [key: string]: Literal };

/** The functions that messages suggest calling. */
export type CallName =
  | 'diagnose'
  | 'downloadDataset'
  | 'listDevices'
  | 'measureReference'
  | 'prepareDataset'
  | 'registerPart'
  | 'resumeRun'
  | 'verify';

/** A part of a message that depends on how the library is used: an option or a call. */
export type Term =
  | { readonly option: string; readonly value: Literal }
  | { readonly call: CallName; readonly args: readonly Literal[] };

/** A message in parts: text, and terms that another program may word differently. */
export type Phrase = readonly (string | Term)[];

/** An error that the user can fix: one line that says what is wrong, where, and what to do. */
export class UserError extends Error {
  /** The kind of error. */
  readonly code: UserErrorCode;
  readonly #phrase: Phrase;

  /** @internal Created by the library. */
  constructor(code: UserErrorCode, message: string | Phrase, options: { cause?: unknown } = {}) {
    const parts = typeof message === 'string' ? [message] : message;
    super(say(parts, inLibraryWords), options);
    this.name = 'UserError';
    this.code = code;
    this.#phrase = parts;
  }

  /** @internal The message in parts. */
  get phrase(): Phrase {
    return this.#phrase;
  }
}

/** An option to set: `device: 'cpu'` as library code. */
export function option(name: string, value: Literal): Term {
  return { option: name, value };
}

/** A function to call: `resumeRun('runs/a')` as library code. */
export function call(name: CallName, ...args: readonly Literal[]): Term {
  return { call: name, args };
}

/** The template tag for a message with terms: `` phrase`use ${option('device', 'cpu')}` ``. */
export function phrase(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Term | Phrase)[]
): Phrase {
  return texts.flatMap((text, index) => {
    const value = values[index] ?? '';
    return [text, typeof value === 'number' ? String(value) : value].flat();
  });
}

/** A message on one line, its terms worded by `wordsFor`. */
export function say(message: Phrase, wordsFor: (term: Term) => string): string {
  // Names in corrupt archives may contain anything.
  return messageLine(message.map((part) => (typeof part === 'string' ? part : wordsFor(part))).join(''));
}

function inLibraryWords(term: Term): string {
  return 'option' in term
    ? `${term.option}: ${literal(term.value)}`
    : `${term.call}(${term.args.map(literal).join(', ')})`;
}

/** A value as written in code. */
export function literal(value: Literal): string {
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([key, item]) => `${key}: ${literal(item)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/**
 * The problem of one item in a list, in one line: even an unexpected error must not hide the other items.
 */
export function problemText(error: unknown): string {
  return error instanceof UserError ? error.message : say([`unexpected error: ${error}`], inLibraryWords);
}

/**
 * Cleans up after a failure and returns the error to throw: the failure itself. If the clean-up fails too,
 * its message reports that as well, and the cause holds both.
 */
export function cleanedUpAfter(error: unknown, cleanUp: () => void): unknown {
  try {
    cleanUp();
    return error;
  } catch (second) {
    const message = `${textIn(error)}; then this failed too: ${textIn(second)}`;
    const cause = new AggregateError([error, second]);
    return error instanceof UserError
      ? new UserError(error.code, message, { cause })
      : new Error(message, { cause });
  }
}

function textIn(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first three names, and the number of the others: `a, b, c and 5 more`. */
export function fewNames(names: readonly string[]): string {
  const hiddenCount = names.length - 3;
  return `${names.slice(0, 3).join(', ')}${hiddenCount > 0 ? ` and ${hiddenCount.toLocaleString('en-US')} more` : ''}`;
}

/** A name that is so many times as far away as the nearest one is not meant. */
const FARTHEST = 3;

/** The entries of `names` that `name` may have been meant for, nearest first; at most three, possibly none. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  if (name === '') {
    return [];
  }
  const reach = Math.max(2, Math.ceil(name.length / 2));
  const wanted = name.toLowerCase();
  const near = names
    .map((candidate) => ({ candidate, away: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, away }) => {
      const lower = candidate.toLowerCase();
      return away <= reach || lower.includes(wanted) || wanted.includes(lower);
    })
    .sort((a, b) => a.away - b.away);
  return near
    .filter(({ away }) => away <= FARTHEST * near[0]!.away)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/**
 * The error for a name that is not among `names`: states the kind of name and suggests the nearest ones, or
 * lists all if none is near.
 */
export function unknownName(
  kind: string,
  name: string,
  names: readonly string[],
  code: UserErrorCode = 'not-found',
): UserError {
  const near = nearestNames(name, names);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${names.join(', ')}`;
  return new UserError(code, `unknown ${kind} '${name}': ${hint}`);
}
export { MOST_IN_MESSAGE, messageLine, shortText, visibleLines, visibleText } from './visibleText.ts';
