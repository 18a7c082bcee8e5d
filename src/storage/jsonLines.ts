// Logs on disk with one JSON object per line, read in blocks, since a log may be larger than memory.
import { blocksOf } from './fileBytes.ts';
import { exists, fileSize } from './files.ts';
import { type JsonObject, type LineCheck, parseJsonLines } from './jsonText.ts';
import { longestLog } from './logs.ts';

/**
 * The lines of a log, read on demand by `parseJsonLines`; none if the log does not exist yet.
 */
export function readJsonLines(path: string, check?: LineCheck): Iterable<JsonObject> {
  return exists(path) ? parseJsonLines({ path, blocks: blocksOf(path, longestLog) }, check) : [];
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
  const end = { path, blocks: blocksOf(path, longestLog, from), end: `${LAST_MIB} MiB` };
  return { lines: parseJsonLines(end, check), isCut: true };
}
