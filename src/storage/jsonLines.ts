// Logs with one JSON object per line: appended to during a run, read afterwards, truncated when a run
// resumes.
import { UserError } from '../errors.ts';
import type { ClosedFolder } from './closedFolder.ts';
import { exists, readText } from './files.ts';

/** One line of a log: non-finite numbers are stored as null. */
export type JsonObject = Record<string, unknown>;

/**
 * Appends one line to a log, which is created with its first line.
 *
 * @throws UserError if it cannot be written; the log then ends as it did before
 */
export function appendJsonLine(folder: ClosedFolder, path: string, object: JsonObject): void {
  folder.append(path, `${JSON.stringify(object)}\n`);
}

/** Checks a line of a log; returns what is wrong with it, or undefined. */
export type LineCheck = (object: JsonObject) => string | undefined;

/**
 * The lines of a log; none if the log does not exist yet. Text after the last line break is a line truncated
 * by a crash and is left out.
 *
 * @throws UserError with file and line if a line is not a JSON object, or `check` finds something wrong
 */
export function readJsonLines(path: string, check: LineCheck = () => undefined): JsonObject[] {
  return splitLines(path).map((line, index) => parseLine(line, placeOf(path, index), check));
}

/**
 * Truncates a log to the lines before the first that `keep` rejects, byte for byte, for a run that resumes
 * from an earlier checkpoint. A line truncated by a crash is removed too.
 *
 * @throws UserError as `readJsonLines` does, if there are damaged lines before
 */
export function rewindJsonLines(
  folder: ClosedFolder,
  path: string,
  keep: (object: JsonObject) => boolean,
): void {
  if (!exists(path)) {
    return;
  }
  const lines = splitLines(path);
  const refused = lines.findIndex((line, index) => !keep(parseLine(line, placeOf(path, index))));
  writeLines(folder, path, refused === -1 ? lines : lines.slice(0, refused));
}

/** What was done with a damaged log. */
export interface MendedLog {
  /** The first damage: file, line and what is wrong there. */
  readonly damage: string;
  /** Where the damaged log is now. */
  readonly aside: string;
}

/**
 * Sets a log with damaged lines aside, and replaces it by one with its other lines.
 *
 * @returns undefined if no line is damaged
 * @throws UserError if the log cannot be read or replaced
 */
export function mendJsonLines(folder: ClosedFolder, path: string, check: LineCheck): MendedLog | undefined {
  let damage: string | undefined;
  const sound = splitLines(path).filter((line, index) => {
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
  if (damage === undefined) {
    return undefined;
  }
  const aside = folder.setAside(path);
  writeLines(folder, path, sound);
  return { damage, aside };
}

function writeLines(folder: ClosedFolder, path: string, lines: readonly string[]): void {
  folder.write(path, lines.map((line) => `${line}\n`).join(''));
}

function splitLines(path: string): string[] {
  if (!exists(path)) {
    return [];
  }
  return readText(path).split('\n').slice(0, -1);
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
