// Logs in a file store with one JSON object per line: appended to during a run, truncated when it resumes.
import type { FileStore } from './fileStore.ts';
import {
  damageIn,
  firstBytes,
  type JsonObject,
  type LineCheck,
  type LogBytes,
  lengthWhile,
  parseJsonLines,
} from './jsonText.ts';

/** The most bytes of a log on disk, enough for about 30 million steps. */
export const longestLog = 2 ** 31;

/**
 * The lines of a log, read on demand by `parseJsonLines`; none if the log does not exist yet.
 */
export async function readLog(
  files: FileStore,
  name: string,
  check?: LineCheck,
): Promise<Iterable<JsonObject>> {
  const log = await logIn(files, name);
  return log === undefined ? [] : parseJsonLines(log, check);
}

/**
 * Truncates a log to the lines before the first that `keep` rejects, byte for byte, for a run that resumes
 * from an earlier checkpoint.
 *
 * @throws UserError as `parseJsonLines` does, if there are damaged lines before
 */
export async function rewindLog(
  files: FileStore,
  name: string,
  keep: (object: JsonObject) => boolean,
): Promise<void> {
  const log = await logIn(files, name);
  if (log !== undefined) {
    const length = lengthWhile(log, keep);
    await files.write(name, firstBytes((await logIn(files, name))!.blocks, length));
  }
}

/** What was done with a damaged log. */
export interface MendedLog {
  /** The first damage: file, line and what is wrong there. */
  readonly problem: string;
  /** Where the damaged log is now. */
  readonly aside: string;
}

/**
 * Sets a log with a damaged line aside, and keeps the lines before it.
 *
 * @returns undefined if no line is damaged
 * @throws UserError if the log cannot be read or replaced
 */
export async function mendLog(
  files: FileStore,
  name: string,
  check: LineCheck,
): Promise<MendedLog | undefined> {
  const log = await logIn(files, name);
  const damage = log && damageIn(log, check);
  if (damage === undefined) {
    return undefined;
  }
  const aside = await files.setAside(name);
  await files.write(name, firstBytes((await logIn(files, aside))!.blocks, damage.length));
  return { problem: damage.problem, aside: files.pathOf(aside) };
}

async function logIn(files: FileStore, name: string): Promise<LogBytes | undefined> {
  const blocks = await files.blocks(name, longestLog);
  return blocks && { path: files.pathOf(name), blocks };
}
