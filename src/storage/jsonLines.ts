// Logs on disk with one JSON object per line: appended to during a run, read afterwards, truncated when a run
// resumes. They are read in blocks, since a log may be larger than memory.
import type { ClosedFolder } from './closedFolder.ts';
import { blocksOf } from './fileBytes.ts';
import { exists, fileSize } from './files.ts';
import {
  damageIn,
  firstBytes,
  type JsonObject,
  jsonLine,
  type LineCheck,
  type LogBytes,
  lengthWhile,
  type MendedLog,
  parseJsonLines,
  soundLines,
} from './jsonText.ts';

/** The most bytes of a log, enough for about 30 million steps. */
const LONGEST_LOG = 2 ** 31;

/**
 * Appends one line to a log, which is created with its first line.
 *
 * @throws UserError if it cannot be written; the log then ends as it did before
 */
export function appendJsonLine(folder: ClosedFolder, path: string, object: JsonObject): void {
  folder.append(path, jsonLine(object));
}

/**
 * The lines of a log, read on demand by `parseJsonLines`; none if the log does not exist yet.
 */
export function readJsonLines(path: string, check?: LineCheck): Iterable<JsonObject> {
  return exists(path) ? parseJsonLines(logAt(path), check) : [];
}

/** The MiB of a log that `readLastJsonLines` reads, enough for about 200,000 steps. */
export const LAST_MIB = 16;

/** The lines at the end of a log. */
export interface LastLines {
  readonly lines: Iterable<JsonObject>;
  /** Whether there are lines before them. */
  readonly isCut: boolean;
}

/** The lines of a log as `readJsonLines` reads them, but of a long log only those in its last 16 MiB. */
export function readLastJsonLines(path: string, check: LineCheck): LastLines {
  const from = (fileSize(path) ?? 0) - LAST_MIB * 2 ** 20;
  if (from <= 0) {
    return { lines: readJsonLines(path, check), isCut: false };
  }
  const end = { path, blocks: blocksOf(path, LONGEST_LOG, from), end: `${LAST_MIB} MiB` };
  return { lines: parseJsonLines(end, check), isCut: true };
}

/**
 * Truncates a log to the lines before the first that `keep` rejects, byte for byte, for a run that resumes
 * from an earlier checkpoint.
 *
 * @throws UserError as `readJsonLines` does, if there are damaged lines before
 */
export function rewindJsonLines(
  folder: ClosedFolder,
  path: string,
  keep: (object: JsonObject) => boolean,
): void {
  if (exists(path)) {
    folder.write(path, firstBytes(blocksOf(path), lengthWhile(logAt(path), keep)));
  }
}

/**
 * Sets a log with damaged lines aside, and replaces it by one with its other lines; if thousands are damaged, by those
 * before.
 *
 * @returns undefined if no line is damaged
 * @throws UserError if the log cannot be read or replaced
 */
export function mendJsonLines(folder: ClosedFolder, path: string, check: LineCheck): MendedLog | undefined {
  const damage = exists(path) ? damageIn(logAt(path), check) : undefined;
  if (damage === undefined) {
    return undefined;
  }
  const aside = folder.setAside(path);
  let givenUpAt: number | undefined;
  folder.write(
    path,
    soundLines(logAt(aside), check, (line) => {
      givenUpAt = line;
    }),
  );
  return { damage, aside, givenUpAt };
}

function logAt(path: string): LogBytes {
  return { path, blocks: blocksOf(path, LONGEST_LOG) };
}
