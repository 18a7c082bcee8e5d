// Checks of what a caller of the library passes: one line says which argument or option is wrong.
import { UserError, unknownName } from '../errors.ts';

/**
 * Checks that an argument is there and of the right kind, for callers whose compiler doesn't.
 *
 * @param usage what the function needs, with an example
 * @throws UserError (`invalid-argument`) with `usage` if not
 */
export function requireArgument(isRight: boolean, usage: string): asserts isRight {
  if (!isRight) {
    throw new UserError('invalid-argument', usage);
  }
}

/**
 * Checks that all options are known ones: a misspelt option would have no effect.
 *
 * @throws UserError (`invalid-argument`) with the nearest names if not
 */
export function requireKnown<Options extends object>(
  options: Options,
  knownOptions: Readonly<Record<keyof Options, true>>,
): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(knownOptions, name));
  if (unknown !== undefined) {
    throw unknownName('option', unknown, Object.keys(knownOptions), 'invalid-argument');
  }
}

/** Checks that an option is a whole number of at least `least`; throws UserError (`invalid-argument`) if not. */
export function requireWhole(name: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || Number(value) < least) {
    throw invalid(name, `a whole number of ${least} or more`, value);
  }
}

/** Checks that an option is a finite number of at least `least`; throws UserError (`invalid-argument`) if not. */
export function requireFinite(name: string, value: unknown, least: number): void {
  if (!Number.isFinite(value) || Number(value) < least) {
    throw invalid(name, `a number of ${least} or more`, value);
  }
}

/** Checks that an option is at least 0 and below 1; throws UserError (`invalid-argument`) if not. */
export function requireFraction(name: string, value: unknown): void {
  if (!Number.isFinite(value) || Number(value) < 0 || Number(value) >= 1) {
    throw invalid(name, 'a number of 0 or more and below 1', value);
  }
}

function invalid(name: string, expected: string, value: unknown): UserError {
  const shownValue = typeof value === 'string' ? `'${value}'` : String(value);
  return new UserError('invalid-argument', `${name} must be ${expected}, not ${shownValue}`);
}
