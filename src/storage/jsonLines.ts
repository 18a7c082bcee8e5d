// Logs with one JSON object per line: appended to during a run, read afterwards, truncated when a run
// resumes.
import { UserError } from '../errors.ts';
import { appendToFile, exists, readText, writeFileAtomically } from './files.ts';

/** One line of a log: non-finite numbers are stored as null. */
export type JsonObject = Record<string, unknown>;

/**
 * Appends one line to a log, which is created with its first line.
 *
 * @throws UserError if it cannot be written; the log then ends as it did before
 */
export function appendJsonLine(path: string, object: JsonObject): void {
  appendToFile(path, `${JSON.stringify(object)}\n`);
}

/**
 * The lines of a log; none if the log does not exist yet. Text after the last line break is a line truncated
 * by a crash and is left out.
 *
 * @throws UserError with file and line if a line is not a JSON object
 */
export function readJsonLines(path: string): JsonObject[] {
  return splitLines(path).map((line, index) => parseLine(line, `${path}, line ${index + 1}`));
}

/**
 * Truncates a log to the lines before the first that `keep` rejects, byte for byte, for a run that resumes
 * from an earlier checkpoint. A line truncated by a crash is removed too.
 */
export function rewindJsonLines(path: string, keep: (object: JsonObject) => boolean): void {
  if (!exists(path)) {
    return;
  }
  const lines = splitLines(path);
  const refused = lines.findIndex((line, index) => !keep(parseLine(line, `${path}, line ${index + 1}`)));
  const kept = refused === -1 ? lines : lines.slice(0, refused);
  writeFileAtomically(path, kept.map((line) => `${line}\n`).join(''));
}

function splitLines(path: string): string[] {
  if (!exists(path)) {
    return [];
  }
  return readText(path).split('\n').slice(0, -1);
}

function parseLine(line: string, place: string): JsonObject {
  return parseJsonObject(line, place, 'remove that line');
}

/**
 * Parses a JSON object from a file that this program wrote.
 *
 * @param place where the text comes from, for the error
 * @param remedy what to do if it is corrupt
 * @throws UserError if it is anything else
 */
export function parseJsonObject(text: string, place: string, remedy: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError('invalid-data', `${place}: not valid JSON; ${remedy}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('invalid-data', `${place}: not a JSON object; ${remedy}`);
  }
  return value as JsonObject;
}
