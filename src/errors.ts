// The one kind of error that a person can mend: bad input, a missing file, a full disk.
import { distance } from 'fastest-levenshtein';

const controls = /\p{Cc}+/gu;

/**
 * An error that its reader can mend: one line that says what is wrong, where, and what to do.
 * The command line prints it without a stack trace and exits with `exitCode`: 2 for wrong usage
 * (options, names, configuration), 1 for everything else (files, data, disk).
 */
export class UserError extends Error {
  /** What the command line exits with. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    // Names in damaged archives may hold anything: the line stays one, and no terminal is told to do something.
    super(message.replace(/\s*\n\s*/g, ' ').replace(controls, '\ufffd'), { cause: options.cause });
    this.name = 'UserError';
    this.exitCode = options.exitCode ?? 1;
  }
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
export function unknownName(kind: string, name: string, known: readonly string[]): UserError {
  const near = nearestNames(name, known);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${known.join(', ')}`;
  return new UserError(`unknown ${kind} '${name}': ${hint}`, { exitCode: 2 });
}
