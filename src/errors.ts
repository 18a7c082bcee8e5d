// The one kind of error that a person can mend: bad input, a missing file, a full disk.
import { distance } from 'fastest-levenshtein';
import { visibleText } from './visibleText.ts';

/**
 * What kind of error it is, for programs that act on it.
 *
 * | code | what is wrong |
 * | --- | --- |
 * | `invalid-argument` | an option or argument has a value that it cannot have |
 * | `invalid-config` | a configuration says what it cannot, or does not fit its images |
 * | `not-found` | nothing is known by that name, or is at that path |
 * | `exists` | something is in the place where a new thing is to go |
 * | `not-ready` | it is known, but something has to be done first: download, prepare or train it |
 * | `invalid-data` | a file or its images are damaged, incomplete or of another kind |
 * | `mismatch` | two things do not belong together, such as images and a model for others |
 * | `unsupported` | this device, this installation or this format cannot do it |
 * | `diverged` | values are not finite: a training diverged, or a model cannot compute an image |
 * | `out-of-memory` | the memory is not enough |
 * | `locked` | another process is training the run |
 * | `io` | the file system or the network refused; `cause` is its error, where it gave one |
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

/** A value that stands in a message as it does in a program. */
export type Literal = string | number | boolean | { readonly [key: string]: Literal };

/** The functions that messages tell to call. */
export type CallName = 'diagnose' | 'downloadDataset' | 'prepareDataset' | 'resumeRun';

/** A part of a message that depends on how the library is used: one of its options, or a call of it. */
export type Term =
  | { readonly option: string; readonly value: Literal }
  | { readonly call: CallName; readonly args: readonly Literal[] };

/** A message in parts: text, and terms for which another program may have words of its own. */
export type Phrase = readonly (string | Term)[];

/** An error that its reader can mend: one line that says what is wrong, where, and what to do. */
export class UserError extends Error {
  /** What kind of error it is. */
  readonly code: UserErrorCode;
  readonly #phrase: Phrase;

  /** @internal Made by the library. */
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

/** An option to give: `device: 'cpu'` in the words of the library. */
export function option(name: string, value: Literal): Term {
  return { option: name, value };
}

/** A function to call: `resumeRun('runs/a')` in the words of the library. */
export function call(name: CallName, ...args: readonly Literal[]): Term {
  return { call: name, args };
}

/** The tag of a message with terms: `` phrase`use ${option('device', 'cpu')}` ``. */
export function phrase(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Term | Phrase)[]
): Phrase {
  return texts.flatMap((text, index) => {
    const value = values[index] ?? '';
    return [text, typeof value === 'number' ? String(value) : value].flat();
  });
}

/** A message on one line, with these words for its terms. */
export function say(message: Phrase, wordsFor: (term: Term) => string): string {
  const text = message.map((part) => (typeof part === 'string' ? part : wordsFor(part))).join('');
  // Names in damaged archives may hold anything: the line stays one, and no terminal is told to do something.
  return visibleText(text.replace(/\s*\n\s*/g, ' '));
}

function inLibraryWords(term: Term): string {
  return 'option' in term
    ? `${term.option}: ${literal(term.value)}`
    : `${term.call}(${term.args.map(literal).join(', ')})`;
}

/** A value as it stands in a program. */
function literal(value: Literal): string {
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([key, one]) => `${key}: ${literal(one)}`);
    return `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** The names among `known` that a person may have meant by `name`, nearest first; at most three, perhaps none. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  if (name === '') {
    return [];
  }
  const reach = Math.max(2, Math.ceil(name.length / 2));
  const meant = name.toLowerCase();
  return known
    .map((candidate) => ({ candidate, away: distance(meant, candidate.toLowerCase()) }))
    .filter(({ candidate, away }) => {
      const lower = candidate.toLowerCase();
      return away <= reach || lower.includes(meant) || meant.includes(lower);
    })
    .sort((a, b) => a.away - b.away)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/**
 * The error for a name that is not among `known`: says what kind of name it is and which ones come nearest,
 * or all of them where none is near.
 */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
  code: UserErrorCode = 'not-found',
): UserError {
  const near = nearestNames(name, known);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${known.join(', ')}`;
  return new UserError(code, `unknown ${kind} '${name}': ${hint}`);
}
