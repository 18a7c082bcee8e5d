// The summary of a run, as stored in its `summary.json`: the result of the training, then every evaluation.
import { UserError } from '../../core/errors.ts';
import {
  atMost,
  type FileStore,
  type JsonObject,
  parseJsonObject,
  stringifyJson,
} from '../../data/files/index.ts';
import { runFileNames } from './runFileNames.ts';

/**
 * The contents of `summary.json` in the files of a run; an empty object if there is none.
 *
 * @throws UserError (`invalid-data`) if it is damaged
 */
export async function readStoredSummary(files: FileStore): Promise<JsonObject> {
  const { summary } = runFileNames;
  return summaryFrom(await files.read(summary, atMost(largestSummary)), files.resolvePath(summary));
}

/** Handles the error for a damaged file; others are thrown. */
export function ifDamaged<Result>(handle: (error: UserError) => Result): (error: unknown) => Result {
  return (error) => {
    if (error instanceof UserError && error.code === 'invalid-data') {
      return handle(error);
    }
    throw error;
  };
}

/** The most bytes of a summary: hundreds of evaluations of a model with a thousand classes. */
export const largestSummary = 2 ** 24;

/**
 * The summary in the bytes of a `summary.json`; an empty object if there is none.
 *
 * @param path the file, for errors
 * @throws UserError with its name if it is corrupt, or its evaluations or changes are not what they should be
 */
export function summaryFrom(bytes: Uint8Array | undefined, path: string): JsonObject {
  if (bytes === undefined) {
    return {};
  }
  const summary = parseJsonObject(new TextDecoder().decode(bytes), path, '; delete it');
  const problem = problemIn(summary);
  if (problem !== undefined) {
    throw new UserError('invalid-data', `${path}: ${problem}; delete it`);
  }
  return summary;
}

/** The text of a `summary.json`. */
export function summaryText(summary: JsonObject): string {
  return `${stringifyJson(summary, 2)}\n`;
}

/** The evaluations that a summary lists. */
export function evaluationsIn({ evaluations }: JsonObject): readonly JsonObject[] {
  return Array.isArray(evaluations) ? evaluations : [];
}

/** What is wrong with the lists of a summary; undefined if nothing is. */
function problemIn({ evaluations, changes }: JsonObject): string | undefined {
  return (
    problemInList('evaluations', evaluations, (entry) => isObject(entry)) ??
    problemInList(
      'changes',
      changes,
      (entry) => isObject(entry) && typeof entry.step === 'number' && typeof entry.setting === 'string',
    )
  );
}

function problemInList(
  name: string,
  list: unknown,
  isSound: (entry: unknown) => boolean,
): string | undefined {
  if (list === undefined) {
    return undefined;
  }
  if (!Array.isArray(list)) {
    return `${name} is not a list`;
  }
  const wrong = list.findIndex((entry) => !isSound(entry));
  return wrong === -1 ? undefined : `${name}[${wrong}] is damaged`;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
