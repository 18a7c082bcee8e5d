// Text with one JSON object per line, wherever it is stored: reading its lines and checking them.
import { UserError } from '../errors.ts';

/** One line of a log: non-finite numbers are stored as null. */
export type JsonObject = Record<string, unknown>;

/** Checks a line of a log; returns what is wrong with it, or undefined. */
export type LineCheck = (object: JsonObject) => string | undefined;

/** An object as a line of a log. */
export function jsonLine(object: JsonObject): string {
  return `${JSON.stringify(object)}\n`;
}

/**
 * The lines of a log. Text after the last line break is a line truncated by a crash and is left out.
 *
 * @param path the log's name, for errors
 * @throws UserError with name and line if a line is not a JSON object, or `check` finds something wrong
 */
export function parseJsonLines(text: string, path: string, check: LineCheck = () => undefined): JsonObject[] {
  return splitLines(text).map((line, index) => parseLine(line, placeOf(path, index), check));
}

/**
 * The text of a log up to the first line that `keep` rejects, byte for byte. A line truncated by a crash is removed
 * too.
 *
 * @throws UserError as `parseJsonLines` does, if there are damaged lines before
 */
export function jsonLinesWhile(text: string, path: string, keep: (object: JsonObject) => boolean): string {
  const lines = splitLines(text);
  const refused = lines.findIndex((line, index) => !keep(parseLine(line, placeOf(path, index))));
  return joinLines(refused === -1 ? lines : lines.slice(0, refused));
}

/** The sound part of a damaged log. */
export interface SoundLines {
  /** The first damage: file, line and what is wrong there. */
  readonly damage: string;
  /** The text of the other lines. */
  readonly text: string;
}

/** The sound lines of a log; undefined if no line is damaged. */
export function soundJsonLines(text: string, path: string, check: LineCheck): SoundLines | undefined {
  let damage: string | undefined;
  const sound = splitLines(text).filter((line, index) => {
    try {
      parseLine(line, placeOf(path, index), check, '');
      return true;
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      damage ??= error.message;
      return false;
    }
  });
  return damage === undefined ? undefined : { damage, text: joinLines(sound) };
}

function splitLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function placeOf(path: string, index: number): string {
  return `${path}, line ${index + 1}`;
}

function parseLine(
  line: string,
  place: string,
  check?: LineCheck,
  remedy = '; remove that line',
): JsonObject {
  const object = parseJsonObject(line, place, remedy);
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
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError('invalid-data', `${place}: not valid JSON${remedy}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('invalid-data', `${place}: not a JSON object${remedy}`);
  }
  return value as JsonObject;
}
