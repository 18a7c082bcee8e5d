// Logs of one JSON object a line: appended to during a run, read afterwards, cut back when a run resumes.
import { UserError } from '../errors.ts';
import { appendToFile, exists, readText, writeFileAtomically } from './files.ts';

/** One line of a log: numbers that are not finite are stored as null. */
export type JsonObject = Record<string, unknown>;

/**
 * Adds one line to a log, which is created with its first line.
 *
 * @throws UserError if it cannot be written; the log then ends as it did before
 */
export function appendJsonLine(path: string, object: JsonObject): void {
  appendToFile(path, `${JSON.stringify(object)}\n`);
}

/**
 * The lines of a log; none where the log does not exist yet. What follows the last line break is a line that a crash
 * cut short and is left out.
 *
 * @throws UserError with file and line if a line is not a JSON object
 */
export function readJsonLines(path: string): JsonObject[] {
  return splitLines(path).map((line, index) => parseLine(line, `${path}, line ${index + 1}`));
}

/**
 * Cuts a log back to the lines before the first that `keep` refuses, byte for byte, for a run that goes on from an
 * earlier checkpoint. A line that a crash cut short goes too.
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
 * Reads a JSON object out of a file that this program wrote.
 *
 * @param place where the text comes from, for the error
 * @param remedy what to do if it is damaged
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
