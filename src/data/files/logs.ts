// Logs with one JSON object per line: appended to during a run, truncated when it resumes. Lines are read and checked one
// by one, so that memory does not grow with the log.
import { UserError } from '../../core/errors.ts';
import type { FileStore } from './fileStore.ts';
import { type JsonObject, parseJsonObject, stringifyJson } from './jsonText.ts';

/** Checks a line of a log; returns what is wrong with it, or undefined. */
export type LineCheck = (object: JsonObject) => string | undefined;

/** A log: its bytes in blocks, and its name for errors. */
interface LogBytes {
  readonly path: string;
  readonly blocks: Iterable<Uint8Array>;
  /** If the blocks are only its end: how much that is, `16 MiB`. The line they begin in is then left out. */
  readonly end?: string | undefined;
}

/** The most bytes of a log on disk, enough for about 30 million steps. */
export const longestLog = 2 ** 31;
/** The most bytes of a line; training writes a few hundred. */
export const LONGEST_LINE = 2 ** 16;

const LINE_FEED = 10;

/** An object as a line of a log. */
export function jsonLine(object: JsonObject): string {
  return `${stringifyJson(object)}\n`;
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
    const length = lengthBefore(log, (line) => !keep(parseLine(line)));
    await writeFirstBytes(files, name, { from: name, length });
  }
}

/**
 * Sets a log with a damaged line aside, and keeps the lines before it.
 *
 * @returns the first damage (file, line and what is wrong there), and where the damaged log is now; undefined if no line
 * is damaged
 * @throws UserError if the log cannot be read or replaced
 */
export async function mendLog(
  files: FileStore,
  name: string,
  check: LineCheck,
): Promise<{ readonly problem: string; readonly aside: string } | undefined> {
  const log = await logIn(files, name);
  if (log === undefined) {
    return undefined;
  }
  let problem: string | undefined;
  const length = lengthBefore(log, (line) => {
    problem = problemIn(line, check);
    return problem !== undefined;
  });
  if (problem === undefined) {
    return undefined;
  }
  const aside = await files.setAside(name);
  await writeFirstBytes(files, name, { from: aside, length });
  return { problem, aside: files.resolvePath(aside) };
}

async function logIn(files: FileStore, name: string): Promise<LogBytes | undefined> {
  const blocks = await files.blocks(name, longestLog);
  return blocks && { path: files.resolvePath(name), blocks };
}

/** The number of bytes of the lines before the first that `isAfter` accepts. A line truncated by a crash does not count. */
function lengthBefore(log: LogBytes, isAfter: (line: Line) => boolean): number {
  let length = 0;
  for (const line of linesIn(log)) {
    if (isAfter(line)) {
      break;
    }
    length += line.bytes!.length + 1;
  }
  return length;
}

async function writeFirstBytes(
  files: FileStore,
  name: string,
  { from, length }: { readonly from: string; readonly length: number },
): Promise<void> {
  const { blocks } = (await logIn(files, from))!;
  await files.write(
    name,
    (function* () {
      let remaining = length;
      for (const block of blocks) {
        if (remaining === 0) {
          break;
        }
        yield block.subarray(0, remaining);
        remaining -= Math.min(remaining, block.length);
      }
    })(),
  );
}

interface Line {
  /** Its bytes without the line break; undefined if the line is too long. */
  readonly bytes: Uint8Array | undefined;
  readonly number: number;
  readonly place: string;
}

/** The lines of a log. A line that is too long is reported at once, even if it is truncated. */
function* linesIn({ path, blocks, end: onlyEnd }: LogBytes): Generator<Line> {
  // If only the end of a log is read, line 0 is the rest of the line before.
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

function parseLine(
  { bytes, place: location }: Line,
  check?: LineCheck,
  remedy = '; remove that line',
): JsonObject {
  if (bytes === undefined) {
    throw new UserError('invalid-data', `${location}: longer than ${LONGEST_LINE} bytes${remedy}`);
  }
  const object = parseJsonObject(decoder.decode(bytes), location, remedy);
  const problem = check?.(object);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${location}: ${problem}${remedy}`);
  }
  return object;
}
