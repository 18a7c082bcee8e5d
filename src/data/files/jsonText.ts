// JSON written and read: objects in files that may come from anyone, within limits.
import { UserError, visibleLines } from '../../core/errors.ts';

/** A JSON object, such as one line of a log: non-finite numbers are stored as null. */
export type JsonObject = Record<string, unknown>;

/** The deepest nesting of objects and lists: writing them recurses. */
const DEEPEST = 64;

/** A value as JSON, with control and bidirectional characters escaped so that a terminal can show it. */
export function stringifyJson(value: unknown, indent?: number): string {
  return visibleLines(JSON.stringify(value, null, indent));
}

/**
 * Parses a JSON object from a file that this program wrote.
 *
 * @param location where the text comes from, for the error
 * @param remedy what to do if it is corrupt, with the punctuation before it
 * @throws UserError if it is anything else
 */
export function parseJsonObject(text: string, location: string, remedy: string): JsonObject {
  const value = parsedJson(text);
  const problem = value === undefined ? 'not valid JSON' : objectProblem(value);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${location}: ${problem}${remedy}`);
  }
  return value as JsonObject;
}

/** The value in a text; undefined if that is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'not a JSON object';
  }
  return isWithinDepth(value, DEEPEST) ? undefined : `nested deeper than ${DEEPEST} levels`;
}

function isWithinDepth(value: unknown, deepest: number): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (deepest > 0 && Object.values(value).every((inner) => isWithinDepth(inner, deepest - 1)))
  );
}

/** The most values that a schema may check, since it keeps a report of every wrong one. */
const MOST_VALUES = 100_000;

/** Whether a value contains few enough values for a schema. */
export function isShort(value: unknown): boolean {
  const open = [value];
  let values = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'object' && next !== null) {
      const inside = Object.values(next);
      values += inside.length;
      if (values > MOST_VALUES) {
        return false;
      }
      for (const inner of inside) {
        open.push(inner);
      }
    }
  }
  return true;
}
