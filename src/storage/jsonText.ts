// Logs with one JSON object per line, wherever they are stored. Lines are read and checked one by one, so that memory
// does not grow with the log.
import { UserError } from '../errors.ts';
import { visibleLines } from '../visibleText.ts';

/** One line of a log: non-finite numbers are stored as null. */
export type JsonObject = Record<string, unknown>;

/** Checks a line of a log; returns what is wrong with it, or undefined. */
export type LineCheck = (object: JsonObject) => string | undefined;

/** A log: its bytes in blocks, and its name for errors. */
export interface LogBytes {
  readonly path: string;
  readonly blocks: Iterable<Uint8Array>;
  /** If the blocks are only its end: how much that is, `16 MiB`. The line they begin in is then left out. */
  readonly end?: string | undefined;
}

/** The most bytes of a line; training writes a few hundred. */
export const LONGEST_LINE = 2 ** 16;
/** The deepest nesting of objects and lists: writing them recurses. */
const DEEPEST = 64;

const LINE_FEED = 10;

/** An object as a line of a log. */
export function jsonLine(object: JsonObject): string {
  return `${stringifyJson(object)}\n`;
}

/** A value as JSON, with control and bidirectional characters escaped so that a terminal can show it. */
export function stringifyJson(value: unknown, indent?: number): string {
  return visibleLines(JSON.stringify(value, null, indent));
}

/**
 * The lines of a log. Text after the last line break is a line truncated by a crash and is left out.
 *
 * @throws UserError with name and line if a line is not a JSON object, is far too long, or `check` finds something wrong
 */
export function* parseJsonLines(log: LogBytes, check?: LineCheck): Generator<JsonObject> {
  for (const line of linesIn(log)) {
    yield parseLine(line, check);
  }
}

/**
 * The number of bytes of a log before the first line that `keep` rejects. A line truncated by a crash does not count.
 *
 * @throws UserError as `parseJsonLines` does, if there are damaged lines before
 */
export function lengthWhile(log: LogBytes, keep: (object: JsonObject) => boolean): number {
  let length = 0;
  for (const line of linesIn(log)) {
    if (!keep(parseLine(line))) {
      break;
    }
    length += line.bytes!.length + 1;
  }
  return length;
}

/** The first damage of a log. */
export interface LogDamage {
  /** File, line and what is wrong there. */
  readonly problem: string;
  /** The number of bytes of the lines before it. */
  readonly length: number;
}

/** The first damage of a log; undefined if no line is damaged. */
export function damageIn(log: LogBytes, check: LineCheck): LogDamage | undefined {
  let length = 0;
  for (const line of linesIn(log)) {
    const problem = problemIn(line, check);
    if (problem !== undefined) {
      return { problem, length };
    }
    length += line.bytes!.length + 1;
  }
  return undefined;
}

/** The first `length` bytes of blocks, which must have that many. */
export function* firstBytes(blocks: Iterable<Uint8Array>, length: number): Generator<Uint8Array> {
  let left = length;
  for (const block of blocks) {
    if (left === 0) {
      break;
    }
    yield block.subarray(0, left);
    left -= Math.min(left, block.length);
  }
}

/** A line of a log, valid until the next one is read. */
interface Line {
  /** Its bytes without the line break; undefined if the line is too long. */
  readonly bytes: Uint8Array | undefined;
  /** The first line is 1. */
  readonly number: number;
  /** Where it is, for errors. */
  readonly place: string;
}

/** The lines of a log. A line that is too long is reported at once, even if it is truncated. */
function* linesIn({ path, blocks, end: onlyEnd }: LogBytes): Generator<Line> {
  // Of the end of a log, line 0 is the rest of the line before.
  let last = onlyEnd === undefined ? 0 : -1;
  const within = onlyEnd === undefined ? '' : ` of its last ${onlyEnd}`;
  const next = (bytes: Uint8Array | undefined): Line => {
    const number = ++last;
    return { bytes, number, place: `${path}, line ${number}${within}` };
  };
  // The start of a line that ends in a later block, and its length so far.
  const started = new Uint8Array(LONGEST_LINE);
  let length = 0;
  const extend = (part: Uint8Array): Line | undefined => {
    const before = length;
    length += part.length;
    if (length <= LONGEST_LINE) {
      started.set(part, before);
      return undefined;
    }
    return before <= LONGEST_LINE ? next(undefined) : undefined;
  };
  for (const block of blocks) {
    let start = 0;
    for (let end = block.indexOf(LINE_FEED); end !== -1; end = block.indexOf(LINE_FEED, start)) {
      const part = block.subarray(start, end);
      const tooLong = extend(part);
      if (tooLong !== undefined) {
        yield tooLong;
      } else if (length <= LONGEST_LINE) {
        const line = next(length === part.length ? part : started.subarray(0, length));
        if (line.number > 0) {
          yield line;
        }
      }
      length = 0;
      start = end + 1;
    }
    const tooLong = extend(block.subarray(start));
    if (tooLong !== undefined) {
      yield tooLong;
    }
  }
}

function problemIn(line: Line, check: LineCheck): string | undefined {
  try {
    parseLine(line, check, '');
    return undefined;
  } catch (error) {
    if (error instanceof UserError) {
      return error.message;
    }
    throw error;
  }
}

const decoder = new TextDecoder();

function parseLine({ bytes, place }: Line, check?: LineCheck, remedy = '; remove that line'): JsonObject {
  if (bytes === undefined) {
    throw new UserError('invalid-data', `${place}: longer than ${LONGEST_LINE} bytes${remedy}`);
  }
  const object = parseJsonObject(decoder.decode(bytes), place, remedy);
  const problem = check?.(object);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${place}: ${problem}${remedy}`);
  }
  return object;
}

/**
 * Parses a JSON object from a file that this program wrote.
 *
 * @param place where the text comes from, for the error
 * @param remedy what to do if it is corrupt, with the punctuation before it
 * @throws UserError if it is anything else
 */
export function parseJsonObject(text: string, place: string, remedy: string): JsonObject {
  const value = parsedJson(text);
  const problem = value === undefined ? 'not valid JSON' : problemOf(value);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${place}: ${problem}${remedy}`);
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

/** Why a value is not an object as it should be in a file; undefined if it is. */
function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'not a JSON object';
  }
  return isWithinDepth(value, DEEPEST) ? undefined : `nested deeper than ${DEEPEST} levels`;
}

/** Whether objects and lists in a value are nested at most so deep. */
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
